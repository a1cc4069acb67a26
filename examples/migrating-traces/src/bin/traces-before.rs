//! The program with the spans of tracing-opentelemetry and OpenTelemetry's SDK.

use std::error::Error;

use migrating_traces::{PrintingExporter, handle, request_span, requests};
use opentelemetry::global;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> Result<(), Box<dyn Error>> {
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("orders").build())
        .with_batch_exporter(PrintingExporter)
        .build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("orders"));
    tracing_subscriber::registry().with(spans.with_filter(filter)).init();

    for request in requests() {
        let span = request_span(&request);
        let caller = global::get_text_map_propagator(|w3c| w3c.extract(&HeaderExtractor(&request.headers)));
        let _ = span.set_parent(caller);
        let call = span.in_scope(|| {
            handle(&request, |headers| {
                let context = Span::current().context();
                global::get_text_map_propagator(|w3c| {
                    w3c.inject_context(&context, &mut HeaderInjector(headers))
                });
            })
        });
        eprintln!("call: {call:?}");
    }

    provider.shutdown()?;
    Ok(())
}
