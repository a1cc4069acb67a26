use axum::Router;
use axum_prometheus::PrometheusMetricLayer;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use opentelemetry::global;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, LogFilter, Writer};
use radiosonde_metrics::Registry;
use radiosonde_tower::{ServerLayer, Signals};
use radiosonde_trace::{EncodedSpan, SpanSink, TracePipeline};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::scene::{self, SERVICE};

/// The router with the layers of this name.
pub fn named(name: &str) -> Option<Router> {
    match name {
        "bare" => Some(scene::router()),
        "ours" => Some(ours(Signals::ALL)),
        "ours-metrics" => Some(ours(Signals::METRICS)),
        "usual" => Some(usual()),
        _ => None,
    }
}

/// Counts spans and drops them.
#[derive(Debug)]
struct Spans;

impl SpanSink for Spans {
    fn accept(&self, span: EncodedSpan) {
        std::hint::black_box(&span);
    }
}

impl SpanExporter for Spans {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        std::hint::black_box(batch.len());
        std::future::ready(Ok(()))
    }
}

fn ours(signals: Signals) -> Router {
    if signals != Signals::METRICS {
        let resource = Resource::new(SERVICE);
        let pipeline = TracePipeline::builder(&resource).registry(Registry::global()).sink(Spans).build();
        // It lives as long as the process.
        let spans = Box::leak(Box::new(pipeline.unwrap())).layer();
        let lines = JsonLayer::builder(&resource).format(Format::Json).writer(Writer::stdout()).build();
        let filter: LogFilter = "info".parse().unwrap();
        let subscriber = tracing_subscriber::registry().with(filter).with(spans).with(lines.unwrap());
        tracing::subscriber::set_global_default(subscriber).unwrap();
    }
    scene::router().layer(ServerLayer::builder().signals(signals).build().unwrap())
}

/// What services set up today: the layers of each kind, lines by `fmt().json()`, and the SDK's batch processor.
fn usual() -> Router {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let provider =
        SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOn).with_batch_exporter(Spans).build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer(SERVICE));
    // Spans are exported only while it lives.
    Box::leak(Box::new(provider));
    let lines = tracing_subscriber::fmt::layer().json();
    let subscriber = tracing_subscriber::registry().with(spans).with(lines).with(LevelFilter::INFO);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    scene::router()
        .layer(TraceLayer::new_for_http().on_response(DefaultOnResponse::new().level(Level::INFO)))
        .layer(OtelAxumLayer::default())
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(PrometheusMetricLayer::pair().0)
}
