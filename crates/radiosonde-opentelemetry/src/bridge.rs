use opentelemetry::global;
use radiosonde_trace::TracePipeline;
use radiosonde_trace::bridging::set_outer_context;

use crate::contexts::outer::OtelCurrent;
use crate::propagator::BridgePropagator;
use crate::tracer::provider::BridgeTracerProvider;
use crate::tracer::tracer::BridgeTracer;

/// Lets users of the OpenTelemetry API take part in the traces of a [`TracePipeline`].
///
/// # Shape
/// Spans of both APIs are each other's parents: the innermost span encloses a new one, whichever API made it. Spans of the
/// OpenTelemetry API are sampled by the pipeline's sampler and go to its sinks.
///
/// # Cost
/// Spans of `tracing` are not copied to OpenTelemetry's context: entering one reads OpenTelemetry's thread-local. A span of
/// the OpenTelemetry API looks up its parent when it starts.
#[derive(Debug, Clone)]
pub struct OpenTelemetryBridge {
    pub(crate) pipeline: TracePipeline,
}

impl OpenTelemetryBridge {
    /// Creates a bridge into this pipeline. From now on, spans of `tracing` see those of the OpenTelemetry API.
    #[must_use]
    pub fn new(pipeline: &TracePipeline) -> Self {
        set_outer_context(&OtelCurrent);
        Self { pipeline: pipeline.clone() }
    }

    /// Sets OpenTelemetry's global tracer provider and propagator. The last call in a process wins.
    pub fn install_global(&self) {
        global::set_tracer_provider(self.tracer_provider());
        global::set_text_map_propagator(self.propagator());
    }

    /// The tracer provider, for libraries that take one instead of the global one.
    #[must_use]
    pub fn tracer_provider(&self) -> BridgeTracerProvider {
        BridgeTracerProvider::new(self.pipeline.clone())
    }

    /// The propagator, for libraries that take one instead of the global one.
    #[must_use]
    pub fn propagator(&self) -> BridgePropagator {
        BridgePropagator::new(self.pipeline.clone())
    }

    /// The tracer for a layer of tracing-opentelemetry: the parents of its spans are those that the layer names.
    #[must_use]
    pub fn tracer(&self) -> BridgeTracer {
        BridgeTracer::for_layer(self.pipeline.clone())
    }
}
