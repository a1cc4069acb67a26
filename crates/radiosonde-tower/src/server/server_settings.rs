use std::fmt;
use std::sync::Arc;

use http::HeaderName;
use radiosonde_core::SharedClock;

use crate::debugging::DebugVerifier;
use crate::describing::forwarded::TrustedProxies;
use crate::grpc::rpc_metrics::RpcMetrics;
use crate::ids::id_options::IdOptions;
use crate::measuring::server_metrics::ServerMetrics;
use crate::routing::find_route::FindRoute;
use crate::server::exclusion::Exclusion;
use crate::server::extra_label::{AnnotatedLabel, ExtraLabel};
use crate::server::line_policy::{LinePolicy, LineSampling};
use crate::server::signals::Signals;

/// What the services of a layer share.
pub(crate) struct ServerSettings {
    pub(crate) metrics: ServerMetrics,
    /// `None` if metrics are off.
    pub(crate) rpc: Option<RpcMetrics>,
    pub(crate) clock: SharedClock,
    pub(crate) signals: Signals,
    pub(crate) ids: IdOptions,
    pub(crate) exclusions: Vec<Exclusion>,
    pub(crate) debug: Option<DebugVerifier>,
    /// The trusted proxies in front.
    pub(crate) proxies: Option<TrustedProxies>,
    pub(crate) find_route: Option<Arc<dyn FindRoute>>,
    /// Routes whose responses are streams, whatever their type.
    pub(crate) streams: Vec<String>,
    pub(crate) labels: Vec<ExtraLabel>,
    pub(crate) annotated_labels: Vec<AnnotatedLabel>,
    pub(crate) lines: LinePolicy,
    pub(crate) sampling: LineSampling,
    /// Headers whose values are attributes of the span.
    pub(crate) request_headers: Vec<(HeaderName, String)>,
    pub(crate) response_headers: Vec<(HeaderName, String)>,
}

impl fmt::Debug for ServerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerSettings").field("signals", &self.signals).finish_non_exhaustive()
    }
}
