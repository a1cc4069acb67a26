//! The layers that record with `tracing`, and the stacks that services have today.

use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_http::classify::{ServerErrorsAsFailures, SharedClassifier};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::dispatcher::Dispatch;
use tracing::{Level, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

use super::{contender, otel, prometheus};
use crate::harness::Contender;
use crate::{STACK, scene, sinks};

/// OtelAxumLayer with the layer of tracing-opentelemetry.
pub fn spans() -> Contender {
    otel::read_trace_context();
    let provider = otel::tracer_provider();
    let subscriber = tracing_subscriber::registry().with(exported(&provider)).with(LevelFilter::INFO);
    let router = scene::router().layer(OtelAxumLayer::default());
    contender("axum-tracing-opentelemetry", router, Some(Dispatch::new(subscriber)), move || {
        provider.force_flush().unwrap();
    })
}

/// TraceLayer with its span and one line.
pub fn lines() -> Contender {
    let span = DefaultMakeSpan::new().level(Level::INFO);
    let router = scene::router().layer(line_at_response().make_span_with(span));
    contender("tower-http TraceLayer, json", router, Some(json(None)), || ())
}

/// Metrics, spans, a request id and one line.
pub fn stack() -> Contender {
    stacked(STACK, |provider| json(Some(provider)))
}

pub fn stack_of_json_subscriber() -> Contender {
    stacked("usual stack, json-subscriber", |provider| {
        let layer = json_subscriber::fmt::layer().with_span_list(true).with_current_span(false);
        let layer = layer.with_writer(sinks::lines);
        Dispatch::new(
            tracing_subscriber::registry().with(exported(provider)).with(layer).with(LevelFilter::INFO),
        )
    })
}

fn stacked(name: &'static str, subscriber: impl Fn(&SdkTracerProvider) -> Dispatch) -> Contender {
    otel::read_trace_context();
    let provider = otel::tracer_provider();
    // The span of TraceLayer is at DEBUG, and so is off: the line has that of OtelAxumLayer.
    let router = scene::router()
        .layer(line_at_response())
        .layer(OtelAxumLayer::default())
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(prometheus::layer());
    contender(name, router, Some(subscriber(&provider)), move || provider.force_flush().unwrap())
}

fn line_at_response() -> TraceLayer<SharedClassifier<ServerErrorsAsFailures>> {
    TraceLayer::new_for_http().on_response(DefaultOnResponse::new().level(Level::INFO))
}

fn json(provider: Option<&SdkTracerProvider>) -> Dispatch {
    let layer = tracing_subscriber::fmt::layer().json().with_writer(sinks::lines);
    Dispatch::new(
        tracing_subscriber::registry().with(provider.map(exported)).with(layer).with(LevelFilter::INFO),
    )
}

fn exported<S>(provider: &SdkTracerProvider) -> OpenTelemetryLayer<S, opentelemetry_sdk::trace::SdkTracer>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_opentelemetry::layer().with_tracer(provider.tracer(scene::SERVICE))
}
