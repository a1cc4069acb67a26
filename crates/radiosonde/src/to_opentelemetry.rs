//! The bridge for users of the OpenTelemetry API.

use radiosonde_opentelemetry::OpenTelemetryBridge;
use radiosonde_trace::TracePipeline;

/// Sets OpenTelemetry's global tracer provider and propagator.
pub(crate) fn install(traces: &TracePipeline) {
    OpenTelemetryBridge::new(traces).install_global();
}
