//! Trusted entries of received baggage in lines and spans. There is one set-up in a process, and so one test.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response};
use radiosonde::log::Writer;
use radiosonde::trace::{BaggageRules, CaptureSpans};
use radiosonde::{Registry, Telemetry};
use radiosonde_testkit::SharedBuffer;
use serde_json::{Value as Json, json};
use tower::{Layer as _, ServiceExt as _, service_fn};

async fn request(telemetry: &Telemetry, baggage: &str) {
    let service = telemetry.server_layer().layer(service_fn(|_: Request<String>| async {
        tracing::info!("handled");
        tracing::info!(tenant.id = "own", "the event's own");
        tracing::info_span!("charge", tenant.id = "charged").in_scope(|| tracing::info!("the span's own"));
        tracing::info!(parent: &tracing::Span::current(), "of a given span");
        let detached = radiosonde::trace::root_of(|| tracing::info_span!("detached"));
        tracing::info!(parent: &detached, "of another trace");
        Ok::<_, Infallible>(Response::new(String::new()))
    }));
    let request = Request::get("/orders")
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        .header("baggage", baggage);
    drop(service.oneshot(request.body(String::new()).unwrap()).await.unwrap());
}

#[tokio::test]
async fn promoted_entries_are_in_the_lines_of_a_request_and_no_others() {
    let (buffer, spans) = (SharedBuffer::new(), CaptureSpans::new());
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .registry(&Registry::new())
        .filter("info")
        .panic_hook(None)
        .logs(|logs| logs.writer(Writer::new("buffer", buffer.clone())))
        .traces(|traces| {
            let rules = BaggageRules::new().promote(["tenant.id", "session_token"]);
            traces.sink(spans.clone()).baggage(rules)
        })
        .init()
        .unwrap();
    request(&telemetry, "tenant.id=acme%20inc,admin=true,session_token=hunter2").await;
    tracing::info!("outside");

    let text = buffer.text();
    let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let metadata = |message: &str| {
        let line = lines.iter().find(|line| line["message"] == message);
        line.unwrap_or_else(|| unreachable!("{message} in {text}"))["metadata"].clone()
    };
    let (tenant, token) = ("tenant.id", "[redacted]");
    assert_eq!(metadata("handled"), json!({tenant: "acme inc", "session_token": token}));
    assert_eq!(metadata("of a given span"), metadata("handled"));
    assert_eq!(metadata("the event's own"), json!({tenant: "own", "session_token": token}));
    assert_eq!(metadata("the span's own"), json!({tenant: "charged", "session_token": token}));
    assert_eq!(metadata("of another trace"), Json::Null);
    assert_eq!(metadata("outside"), Json::Null);
    let access = lines.iter().find(|line| line["module"] == "radiosonde::access").unwrap();
    assert_eq!(access["metadata"][tenant], "acme inc", "{access}");
    assert!(!text.contains("admin") && !text.contains("hunter2"), "{text}");

    let span = spans.find("charge").unwrap();
    assert_eq!(span.attribute(tenant), Some(&"charged".into()));
    assert!(span.attribute("session_token").is_some() && span.attribute("admin").is_none());
    telemetry.shutdown_blocking(Duration::from_secs(5));
}
