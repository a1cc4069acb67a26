//! What the public reaches. There is one set-up in a process, and so one test.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use radiosonde::trace::{BaggageRules, CaptureSpans, FinishedSpan, SpanKind, root_of};
use radiosonde::{Registry, Telemetry};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing::info_span;

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN_ID: &str = "00f067aa0ba902b7";

/// Serves a request of the public that calls another service; returns what that one received, and the open spans meanwhile.
async fn serve(telemetry: &Telemetry, is_edge: bool) -> (HeaderMap, Vec<String>) {
    let received = Arc::new(Mutex::new(HeaderMap::new()));
    let into = Arc::clone(&received);
    let client = telemetry.client_layer().layer(service_fn(move |request: Request<String>| {
        *into.lock().unwrap() = request.headers().clone();
        std::future::ready(Ok::<_, Infallible>(Response::new(String::new())))
    }));
    let open = Arc::new(Mutex::new(Vec::new()));
    let (traces, names) = (telemetry.traces().clone(), Arc::clone(&open));
    let server = if is_edge { telemetry.edge_layer() } else { telemetry.server_layer() };
    let service = server.layer(service_fn(move |_: Request<String>| {
        let client = client.clone();
        *names.lock().unwrap() = traces.live_spans().iter().map(|span| span.name.to_string()).collect();
        root_of(|| info_span!("detached")).in_scope(|| ());
        async move { client.oneshot(Request::new(String::new())).await }
    }));
    let request = Request::get("/orders")
        .header("traceparent", format!("00-{TRACE_ID}-{SPAN_ID}-01"))
        .header("tracestate", "a=1")
        .header("baggage", "tenant.id=acme");
    drop(service.oneshot(request.body(String::new()).unwrap()).await.unwrap());
    (received.lock().unwrap().clone(), open.lock().unwrap().clone())
}

fn server_span(spans: &CaptureSpans) -> FinishedSpan {
    spans.spans().into_iter().find(|span| span.kind == SpanKind::Server).unwrap()
}

fn of_trace(span: &FinishedSpan) -> String {
    span.context.trace_id().to_string()
}

#[tokio::test]
async fn a_caller_of_the_edge_decides_neither_trace_nor_baggage() {
    let spans = CaptureSpans::new();
    let rules = BaggageRules::new().promote(["tenant.id"]);
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .registry(&Registry::new())
        .panic_hook(None)
        .traces(|traces| traces.sink(spans.clone()).baggage(rules))
        .init()
        .unwrap();

    let (sent, open) = serve(&telemetry, true).await;
    let server = server_span(&spans);
    assert_ne!(of_trace(&server), TRACE_ID);
    assert_eq!((server.parent, server.trace_state.is_empty()), (None, true));
    let linked: Vec<_> = server.links.iter().map(|link| link.context).collect();
    assert_eq!(linked.len(), 1);
    assert_eq!(
        (linked[0].trace_id().to_string(), linked[0].span_id().to_string()),
        (TRACE_ID.into(), SPAN_ID.into())
    );
    assert!(server.attribute("tenant.id").is_none());
    assert!(!sent.contains_key("baggage") && !sent.contains_key("tracestate"), "{sent:?}");
    assert!(sent["traceparent"].to_str().unwrap().contains(&of_trace(&server)));
    let detached = spans.find("detached").unwrap();
    assert_eq!(detached.parent, None);
    assert!(of_trace(&detached) != of_trace(&server) && of_trace(&detached) != TRACE_ID);
    assert_eq!(open, ["GET"], "before the response");
    assert!(telemetry.traces().live_spans().is_empty());

    // The same request within the trusted services.
    drop(spans.take());
    let (sent, _) = serve(&telemetry, false).await;
    let server = server_span(&spans);
    assert_eq!((of_trace(&server), server.links.len()), (TRACE_ID.to_owned(), 0));
    assert_eq!(
        (&sent["baggage"], server.attribute("tenant.id")),
        (&"tenant.id=acme".parse().unwrap(), Some(&"acme".into()))
    );
    assert_eq!(spans.find("detached").unwrap().parent, None);
    telemetry.shutdown_blocking(Duration::from_secs(5));
}
