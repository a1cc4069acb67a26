use crate::answering::access::Access;
use crate::health::handle::Health;
use crate::metrics::service::MetricsService;
use crate::serving::levels_part::LevelsPart;
use crate::serving::requests_part::RequestsPart;

/// What a service serves, and to which requests.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) prefix: Box<str>,
    pub(crate) metrics: Option<MetricsService>,
    pub(crate) health: Option<Health>,
    pub(crate) levels: Option<LevelsPart>,
    pub(crate) requests: Option<RequestsPart>,
    pub(crate) access: Access,
    /// No request needs credentials.
    pub(crate) is_open: bool,
    /// Requests reach it by a loopback address alone.
    pub(crate) is_on_loopback: bool,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            prefix: Box::default(),
            metrics: None,
            health: None,
            levels: None,
            requests: None,
            access: Access::open("admin"),
            is_open: false,
            is_on_loopback: false,
        }
    }
}
