use std::sync::Arc;

use crate::answering::credentials::Credentials;
use crate::health::handle::Health;
use crate::metrics::self_metrics::Outcome;
use crate::metrics::service::MetricsService;
use crate::serving::parts::Parts;

/// A tower service for all that a process serves about itself: one router for its parts.
///
/// | Path | Part |
/// |---|---|
/// | `/metrics` | [`metrics`](Self::metrics) |
/// | `/livez`, `/readyz` | [`health`](Self::health): 200 or 503, and `{"status":"ok","checks":{"postgres":{"status":"ok","took_ms":1.250,"age_ms":40,"score":100}}}` |
/// | `/levels` | `levels` (feature `levels`): see `LevelsService` |
/// | `/debug/requests` | `live_requests` (feature `requests`): the oldest 1000 requests in flight, as JSON, or as a table for curl and `Accept: text/plain` |
/// | `/` | the list of these |
///
/// Other paths get 404 with that list, other methods 405 with `Allow`. A path of a part that is not set up is not served.
///
/// # Access
/// With [`accept_only`](Self::accept_only), everything but `/livez`, `/readyz` and the list requires credentials: these, or those of the part.
/// Without, metrics and levels are served as they are without this service, and `/debug/requests` and the texts of failed
/// checks only by a [`Listener`](crate::Listener) on a loopback address: other requests get 403, and of checks the names and states.
///
/// # Mounting
/// axum's `Router::nest_service("/admin", service)` strips the prefix; for a server that does not, there is [`prefix`](Self::prefix). With
/// hyper alone: `hyper_util::service::TowerToHyperService::new(service)`. On a port of its own: `MetricsOptions::listen`.
/// Clones are cheap.
///
/// ```
/// use radiosonde_admin::{AdminService, Health, MetricsService};
/// use radiosonde_metrics::Registry;
/// use tower_service::Service as _;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let registry = Registry::new();
/// let health = Health::builder().registry(&registry).build();
/// let mut service = AdminService::new().metrics(MetricsService::new(&registry)).health(&health);
///
/// let request = |path| http::Request::get(path).body(axum::body::Body::empty());
/// assert_eq!(service.call(request("/readyz")?).await?.status(), 200);
/// health.set_ready(false);
/// assert_eq!(service.call(request("/readyz")?).await?.status(), 503);
/// assert_eq!(service.call(request("/else")?).await?.status(), 404);
///
/// let app: axum::Router = axum::Router::new().nest_service("/admin", service);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct AdminService {
    parts: Arc<Parts>,
}

impl AdminService {
    /// Nothing to serve yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves metrics, at `/metrics` or the path of `MetricsOptions`.
    pub fn metrics(self, metrics: MetricsService) -> Self {
        self.with(|parts| parts.metrics = Some(metrics))
    }

    /// Serves the probes `/livez` and `/readyz`.
    pub fn health(self, health: &Health) -> Self {
        self.with(|parts| parts.health = Some(health.clone()))
    }

    /// Expects this before each path: for servers that pass on whole paths. Default: none.
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        let prefix: String = prefix.into();
        self.with(|parts| parts.prefix = prefix.trim_end_matches('/').into())
    }

    /// Requires one of these credentials for everything but the probes; with them, also levels are changed. With an empty list, those
    /// of the parts remain.
    pub fn accept_only(self, credentials: impl IntoIterator<Item = Credentials>) -> Self {
        self.with(|parts| {
            parts.access = parts.access.clone().accept_only(credentials);
            parts.is_open = false;
        })
    }

    /// Serves everything without credentials but what its own part protects: for a port that only operators can reach.
    pub fn open_to_everybody(self) -> Self {
        self.with(|parts| {
            parts.access = parts.access.clone().without_credentials();
            parts.is_open = true;
        })
    }

    pub(crate) fn with(mut self, set: impl FnOnce(&mut Parts)) -> Self {
        set(Arc::make_mut(&mut self.parts));
        self
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Counts a request that is not answered by a part, where there are metrics.
    pub(crate) fn count(&self, outcome: Outcome) {
        if let Some(metrics) = &self.parts.metrics {
            metrics.count(outcome);
        }
    }
}

impl From<MetricsService> for AdminService {
    /// Serves metrics alone.
    fn from(metrics: MetricsService) -> Self {
        Self::new().metrics(metrics)
    }
}
