use std::net::SocketAddr;

use radiosonde_metrics::Registry;

use crate::answering::credentials::Credentials;
use crate::listening::listener::{DEFAULT_PATH, ListenError, Listener};
use crate::listening::tls::Tls;
use crate::metrics::service::MetricsService;

/// How metrics are served: as a service for a router, and on a port of their own if there is an address.
///
/// # Shape
/// Plain values, checked by [`listen`](Self::listen). With the feature `serde` they are read from a configuration file under the
/// names of the methods; `credentials` is a list of `{ bearer = "…" }` and `{ basic = { user = "…", password = "…" } }`, and `tls` has
/// the paths `certificate` and `key`.
///
/// ```
/// use radiosonde_admin::{Credentials, MetricsOptions};
/// use radiosonde_metrics::Registry;
///
/// let options = MetricsOptions::new()
///     .address(([127, 0, 0, 1], 0).into())
///     .path("/internal/metrics")
///     .credentials([Credentials::bearer("c29tZSB0b2tlbg==")?]);
/// let service = options.service(&Registry::new());
/// let listener = options.listen(&service)?;
/// assert!(listener.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct MetricsOptions {
    address: Option<SocketAddr>,
    path: String,
    tls: Option<Tls>,
    credentials: Option<Vec<Credentials>>,
    max_in_flight: usize,
}

impl Default for MetricsOptions {
    fn default() -> Self {
        Self {
            address: None,
            path: DEFAULT_PATH.to_owned(),
            tls: None,
            credentials: None,
            max_in_flight: MetricsService::DEFAULT_MAX_IN_FLIGHT,
        }
    }
}

impl MetricsOptions {
    /// No listener, no credentials.
    pub fn new() -> Self {
        Self::default()
    }

    /// Listens on this address; see [`Listener::DEFAULT_ADDRESS`]. Port 0 takes a free one. Default: no listener.
    pub const fn address(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// The path of the listener's metrics; default: `/metrics`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The listener speaks HTTPS only; needs the feature `tls`.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Answers only requests with one of these credentials: see [`MetricsService::accept_only`]. Default: answers all.
    pub fn credentials(mut self, credentials: impl IntoIterator<Item = Credentials>) -> Self {
        self.credentials = Some(credentials.into_iter().collect());
        self
    }

    /// At most this many scrapes in flight: see [`MetricsService::max_in_flight`]. Default: 16.
    pub const fn max_in_flight(mut self, scrapes: usize) -> Self {
        self.max_in_flight = scrapes;
        self
    }

    /// The service for a registry.
    #[must_use]
    pub fn service(&self, registry: &Registry) -> MetricsService {
        let service = MetricsService::new(registry).max_in_flight(self.max_in_flight);
        match &self.credentials {
            Some(credentials) => service.accept_only(credentials.clone()),
            None => service,
        }
    }

    /// Starts a listener for a service; `None` without an address.
    ///
    /// # Errors
    /// [`ListenError`] if the path or the certificate is refused, the address cannot be listened on, or no thread can be started.
    pub fn listen(&self, service: &MetricsService) -> Result<Option<Listener>, ListenError> {
        let start = |address| Listener::open(service, address, &self.path, self.tls.as_ref());
        self.address.map(start).transpose()
    }
}
