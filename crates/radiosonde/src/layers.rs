use std::fmt;

use radiosonde_log::{JsonLayer, ReloadFilter};
use radiosonde_trace::TracePipeline;
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer, Registry};

/// Layers of the application beside ours.
#[derive(Default)]
pub(crate) struct Layers(pub(crate) Vec<Box<dyn Layer<Registry> + Send + Sync>>);

impl Layers {
    /// A subscriber of these layers and ours, for which the filter is.
    pub(crate) fn with_ours(
        self,
        filter: ReloadFilter,
        traces: &TracePipeline,
        lines: JsonLayer,
    ) -> Dispatch {
        let registry = tracing_subscriber::registry();
        if self.0.is_empty() {
            // As a layer: below everything it is cheaper than as the filter of a layer.
            return Dispatch::new(registry.with(filter).with(traces.layer().and_then(lines)));
        }
        Dispatch::new(registry.with(self.0).with(traces.layer().and_then(lines).with_filter(filter)))
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} layers", self.0.len())
    }
}
