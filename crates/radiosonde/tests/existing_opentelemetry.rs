//! An application's own OpenTelemetry SDK with tracing-opentelemetry, beside our log lines and middleware.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span as SdkSpan, SpanData, SpanProcessor};
use radiosonde::admin::MetricsService;
use radiosonde::log::{JsonLayer, Writer};
use radiosonde::opentelemetry::MirrorLayer;
use radiosonde::opentelemetry::api::Context;
use radiosonde::opentelemetry::api::global;
use radiosonde::opentelemetry::api::trace::{SpanKind, Tracer as _, TracerProvider as _};
use radiosonde::tower::{ClientLayer, ServerLayer};
use radiosonde::trace::CaptureSpans;
use radiosonde::{Registry, Resource};
use radiosonde_testkit::SharedBuffer;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// What the application's own processor gets.
#[derive(Debug, Clone, Default)]
struct Exported(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Exported {
    fn on_start(&self, _: &mut SdkSpan, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

impl Exported {
    fn of_kind(&self, kind: SpanKind) -> SpanData {
        let spans = self.0.lock().unwrap();
        let mut found = spans.iter().filter(|span| span.span_kind == kind);
        let span = found.next().unwrap_or_else(|| panic!("no {kind:?} span: {spans:?}")).clone();
        assert!(found.next().is_none(), "one {kind:?} span: {spans:?}");
        span
    }
}

/// A service that logs and calls another; returns what that one received.
async fn serve(registry: &Registry, request: Request<String>) -> HeaderMap {
    let received = Arc::new(Mutex::new(HeaderMap::new()));
    let into = Arc::clone(&received);
    let client = ClientLayer::builder().registry(registry).build().unwrap().layer(service_fn(
        move |request: Request<String>| {
            *into.lock().unwrap() = request.headers().clone();
            std::future::ready(Ok::<_, Infallible>(Response::new(String::new())))
        },
    ));
    let server = ServerLayer::builder().registry(registry).build().unwrap();
    let service = server.layer(service_fn(move |_: Request<String>| {
        let client = client.clone();
        async move {
            tracing::info!("handled");
            client.oneshot(Request::new(String::new())).await
        }
    }));
    drop(service.oneshot(request).await.unwrap());
    received.lock().unwrap().clone()
}

#[tokio::test]
async fn lines_exemplars_and_middleware_know_the_spans_of_the_application() {
    let (exported, buffer, registry) = (Exported::default(), SharedBuffer::new(), Registry::new());
    let provider = SdkTracerProvider::builder().with_span_processor(exported.clone()).build();
    let writer = Writer::new("buffer", buffer.clone());
    let lines = JsonLayer::builder(&Resource::new("orders")).writer(writer).build().unwrap();
    let subscriber = tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("theirs")))
        .with(MirrorLayer::new())
        .with(lines);
    let sent = {
        let _default = tracing::subscriber::set_default(subscriber);
        let request = Request::builder()
            .header("traceparent", format!("00-{TRACE_ID}-00f067aa0ba902b7-01"))
            .header("tracestate", "a=1")
            .body(String::new());
        serve(&registry, request.unwrap()).await
    };
    let (server, client) = (exported.of_kind(SpanKind::Server), exported.of_kind(SpanKind::Client));
    assert_eq!(server.span_context.trace_id().to_string(), TRACE_ID);
    assert_eq!(server.parent_span_id.to_string(), "00f067aa0ba902b7");
    assert!(server.parent_span_is_remote);
    assert_eq!(client.parent_span_id, server.span_context.span_id());
    assert_eq!(sent["traceparent"], format!("00-{TRACE_ID}-{}-01", client.span_context.span_id()));
    assert_eq!(sent["tracestate"], "a=1");

    let text = buffer.text();
    let line = text.lines().find(|line| line.contains("\"handled\"")).unwrap();
    let ids = format!("\"trace_id\":\"{TRACE_ID}\",\"span_id\":\"{}\"", server.span_context.span_id());
    assert!(line.contains(&ids), "{line}");
    let access = text.lines().find(|line| line.contains("radiosonde::access")).unwrap();
    assert!(access.contains(&ids), "{access}");
    let scrape =
        Request::get("/metrics").header("accept", "application/openmetrics-text").body(String::new());
    let scrape = MetricsService::new(&registry).oneshot(scrape.unwrap()).await.unwrap();
    let scrape = http_body_util::BodyExt::collect(scrape.into_body()).await.unwrap().to_bytes();
    let scrape = String::from_utf8_lossy(&scrape);
    assert!(scrape.contains(&format!("# {{trace_id=\"{TRACE_ID}\"")), "{scrape}");
}

#[test]
fn the_applications_own_global_provider_stays_where_code_says_so() {
    let exported = Exported::default();
    global::set_tracer_provider(SdkTracerProvider::builder().with_span_processor(exported.clone()).build());
    let spans = CaptureSpans::new();
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .registry(&Registry::new())
        .panic_hook(None)
        .global_opentelemetry(false)
        .traces(|traces| traces.sink(spans.clone()))
        .init()
        .unwrap();
    global::tracer("theirs").in_span("query", |_| ());
    tracing::info_span!("ours").in_scope(|| ());
    assert_eq!(exported.of_kind(SpanKind::Internal).name, "query");
    assert!(spans.find("query").is_none() && spans.find("ours").is_some());
    telemetry.shutdown_blocking(Duration::from_secs(5));
}
