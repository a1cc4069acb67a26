//! The program with both during the migration: the spans of tracing-opentelemetry unchanged, our lines and propagation beside them.

use std::error::Error;

use migrating_traces::{PrintingExporter, handle, request_span, requests};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use radiosonde_log::{Format, JsonLayer, LogFilter, Writer};
use radiosonde_opentelemetry::MirrorLayer;
use radiosonde_trace::{extract, inject, set_parent};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> Result<(), Box<dyn Error>> {
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("orders").build())
        .with_batch_exporter(PrintingExporter)
        .build();
    let theirs = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("orders"));
    let ours: LogFilter = std::env::var("RUST_LOG").unwrap_or_default().parse()?;
    let lines = JsonLayer::builder(&radiosonde_core::Resource::new("orders"))
        .writer(Writer::stderr())
        .format(Format::Json)
        .build()?;
    tracing_subscriber::registry()
        .with(spans.with_filter(theirs))
        .with(MirrorLayer::new())
        .with(lines.with_filter(ours))
        .init();

    for request in requests() {
        let span = request_span(&request);
        if let Some(caller) = extract(&request.headers) {
            let _ = set_parent(&span, &caller);
        }
        let call = span.in_scope(|| {
            handle(&request, |headers| {
                inject(headers);
            })
        });
        eprintln!("call: {call:?}");
    }

    provider.shutdown()?;
    Ok(())
}
