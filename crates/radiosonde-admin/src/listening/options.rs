use std::net::{IpAddr, SocketAddr};

use radiosonde_metrics::Registry;

use crate::answering::credentials::Credentials;
use crate::listening::listener::{ListenError, Listener};
use crate::listening::tls::Tls;
use crate::metrics::service::MetricsService;
use crate::serving::service::AdminService;

/// How metrics are served, and the address of the [`Listener`] that serves them with the rest of an [`AdminService`].
///
/// # Shape
/// Plain values, checked by [`listen`](Self::listen). With the feature `serde` they are read from a configuration file under the
/// names of the methods; `credentials` is a list of `{ bearer = "…" }` and `{ basic = { user = "…", password = "…" } }`, and `tls` has
/// the paths `certificate` and `key`. `prometheus_port` and `metrics_path` are other names of `port` and `path`. What is not set can
/// be taken from other options with [`or`](Self::or).
///
/// ```
/// use radiosonde_admin::{Credentials, MetricsOptions};
/// use radiosonde_metrics::Registry;
///
/// let options = MetricsOptions::new()
///     .address(([127, 0, 0, 1], 0).into())
///     .path("/internal/metrics")
///     .credentials([Credentials::bearer("c29tZSB0b2tlbg==")?]);
/// let listener = options.listen(options.service(&Registry::new()))?;
/// assert!(listener.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct MetricsOptions {
    enabled: Option<bool>,
    address: Option<SocketAddr>,
    host: Option<IpAddr>,
    #[cfg_attr(feature = "serde", serde(alias = "prometheus_port"))]
    port: Option<u16>,
    #[cfg_attr(feature = "serde", serde(alias = "metrics_path"))]
    path: Option<String>,
    tls: Option<Tls>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::answering::deserialize_list::list"))]
    credentials: Option<Vec<Credentials>>,
    max_in_flight: Option<usize>,
}

impl MetricsOptions {
    /// No listener, no credentials.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether there is a listener; default: if an address, a host or a port is set. Without any it is at
    /// [`Listener::DEFAULT_ADDRESS`].
    pub const fn enabled(mut self, is_enabled: bool) -> Self {
        self.enabled = Some(is_enabled);
        self
    }

    /// Listens on this address. Port 0 takes a free one. Default: no listener.
    pub const fn address(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Listens on this host. Default: 127.0.0.1, or the host of the [`address`](Self::address).
    pub const fn host(mut self, host: IpAddr) -> Self {
        self.host = Some(host);
        self
    }

    /// Listens on this port. Default: the port of the [`address`](Self::address), else that of [`Listener::DEFAULT_ADDRESS`].
    pub const fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The path of metrics in an [`AdminService`]; default: `/metrics`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
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
        self.max_in_flight = Some(scrapes);
        self
    }

    /// The service for a registry.
    pub fn service(&self, registry: &Registry) -> MetricsService {
        let max_in_flight = self.max_in_flight.unwrap_or(MetricsService::DEFAULT_MAX_IN_FLIGHT);
        let service = MetricsService::new(registry).max_in_flight(max_in_flight);
        let service = match &self.path {
            Some(path) => service.path_in_admin(path),
            None => service,
        };
        match &self.credentials {
            Some(credentials) => service.accept_only(credentials.clone()),
            None => service,
        }
    }

    /// Takes what is not set here from `other`, the host and the port each. Either of them asks for a listener that `other` does
    /// not turn off.
    pub fn or(self, other: Self) -> Self {
        let (host, port) = (self.own_host(), self.own_port());
        let is_unset = host.is_none() && port.is_none();
        Self {
            enabled: if is_unset { self.enabled.or(other.enabled) } else { self.enabled },
            address: None,
            host: host.or(other.own_host()),
            port: port.or(other.own_port()),
            path: self.path.or(other.path),
            tls: self.tls.or(other.tls),
            credentials: self.credentials.or(other.credentials),
            max_in_flight: self.max_in_flight.or(other.max_in_flight),
        }
    }

    fn own_host(&self) -> Option<IpAddr> {
        self.host.or_else(|| self.address.map(|address| address.ip()))
    }

    fn own_port(&self) -> Option<u16> {
        self.port.or_else(|| self.address.map(|address| address.port()))
    }

    /// Whether a host or a port is set, or that there is no listener.
    #[must_use]
    pub fn has_listener(&self) -> bool {
        matches!(self.enabled, Some(false)) || self.own_host().is_some() || self.own_port().is_some()
    }

    /// The address to listen on; `None` without a listener.
    #[must_use]
    pub fn listener_address(&self) -> Option<SocketAddr> {
        let default = Listener::DEFAULT_ADDRESS;
        let host = self.own_host().unwrap_or(default.ip());
        let address = SocketAddr::new(host, self.own_port().unwrap_or(default.port()));
        self.enabled.unwrap_or_else(|| self.has_listener()).then_some(address)
    }

    /// Starts a listener for a service, such as a [`MetricsService`] alone; `None` without an address.
    ///
    /// # Errors
    /// [`ListenError`] if the path or the certificate is refused, the address cannot be listened on, or no thread can be started.
    pub fn listen(&self, service: impl Into<AdminService>) -> Result<Option<Listener>, ListenError> {
        let Some(address) = self.listener_address() else { return Ok(None) };
        Listener::open(service.into(), address, self.tls.as_ref()).map(Some)
    }
}
