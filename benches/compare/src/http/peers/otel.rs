//! The layers that use the SDK of OpenTelemetry directly.

use opentelemetry::global;
use opentelemetry_instrumentation_tower::http::server;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};

use super::contender;
use crate::harness::Contender;
use crate::scene;
use crate::sinks::Spans;

/// Spans of a round, so that none is dropped.
const QUEUED_SPANS: usize = 1 << 18;

/// A provider with the SDK's own batch processor.
pub fn tracer_provider() -> SdkTracerProvider {
    let config = BatchConfigBuilder::default().with_max_queue_size(QUEUED_SPANS).build();
    let processor = BatchSpanProcessor::builder(Spans).with_batch_config(config).build();
    SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOn).with_span_processor(processor).build()
}

/// The propagator is one for the process.
pub fn read_trace_context() {
    global::set_text_map_propagator(TraceContextPropagator::new());
}

pub fn metrics_of_0_30() -> Contender {
    use opentelemetry_0_30::metrics::MeterProvider as _;
    use opentelemetry_sdk_0_30::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
    use tower_otel_http_metrics::HTTPMetricsLayerBuilder;

    let reader = PeriodicReader::builder(InMemoryMetricExporter::default()).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let layer = HTTPMetricsLayerBuilder::builder().with_meter(provider.meter("compare")).build().unwrap();
    // Instruments count only while their provider lives.
    contender("tower-otel-http-metrics", scene::router().layer(layer), None, move || {
        let _ = &provider;
    })
}

pub fn metrics() -> Contender {
    instrumented("opentelemetry-instrumentation-tower, metrics", false)
}

pub fn metrics_and_spans() -> Contender {
    instrumented("… metrics and spans", true)
}

fn instrumented(name: &'static str, spans: bool) -> Contender {
    use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader};

    read_trace_context();
    let reader = PeriodicReader::builder(InMemoryMetricExporter::default()).build();
    global::set_meter_provider(SdkMeterProvider::builder().with_reader(reader).build());
    let provider = tracer_provider();
    global::set_tracer_provider(provider.clone());
    // It keeps what the global providers have made for it.
    let layer = server::LayerBuilder::builder().with_tracing(spans).build().unwrap();
    contender(name, scene::router().layer(layer), None, move || provider.force_flush().unwrap())
}
