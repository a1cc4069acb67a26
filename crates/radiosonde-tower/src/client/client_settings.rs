use std::fmt;
use std::sync::Arc;

use radiosonde_core::SharedClock;

use crate::client::line_level::LineLevel;
use crate::grpc::rpc_metrics::RpcMetrics;
use crate::ids::id_options::IdOptions;
use crate::measuring::client_metrics::ClientMetrics;
use crate::measuring::peers::Peers;
use crate::server::signals::Signals;

/// What the services of a layer share.
pub(crate) struct ClientSettings {
    pub(crate) clock: SharedClock,
    pub(crate) signals: Signals,
    pub(crate) ids: IdOptions,
    /// `None` if metrics are off.
    pub(crate) metrics: Option<(ClientMetrics, RpcMetrics)>,
    pub(crate) peers: Peers,
    pub(crate) line_level: Arc<dyn LineLevel>,
}

impl fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSettings").field("signals", &self.signals).finish_non_exhaustive()
    }
}
