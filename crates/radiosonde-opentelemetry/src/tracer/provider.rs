use opentelemetry::InstrumentationScope;
use opentelemetry::trace::TracerProvider;
use radiosonde_trace::TracePipeline;

use crate::tracer::tracer::BridgeTracer;

/// Makes tracers for users of the OpenTelemetry API. Created by
/// [`OpenTelemetryBridge::tracer_provider`](crate::OpenTelemetryBridge::tracer_provider).
#[derive(Debug, Clone)]
pub struct BridgeTracerProvider {
    pipeline: TracePipeline,
}

impl BridgeTracerProvider {
    pub(crate) const fn new(pipeline: TracePipeline) -> Self {
        Self { pipeline }
    }
}

impl TracerProvider for BridgeTracerProvider {
    type Tracer = BridgeTracer;

    /// Of the scope, only the name is exported.
    fn tracer_with_scope(&self, scope: InstrumentationScope) -> BridgeTracer {
        BridgeTracer::for_users(self.pipeline.clone(), scope.name().to_owned())
    }
}
