//! What a client layer records of its calls, over scripted services.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../signals_agree/telemetry.rs"]
mod telemetry;

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::{Method, Request, Response, StatusCode};
use radiosonde_metrics::Registry;
use radiosonde_tower::{
    ClientLayer, ClientLayerBuilder, ClientNames, CountAttempts, EndedCall, Route, Signals,
};
use radiosonde_trace::{AttributeValue, FinishedSpan};
use telemetry::Telemetry;
use tower::retry::Policy;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _, service_fn};
use tracing::Level;

fn request(method: &str, uri: &str) -> Request<String> {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    Request::builder().method(method).uri(uri).body(String::new()).unwrap()
}

/// Sends a request to a service that answers with this status, and returns its span.
fn call(telemetry: &Telemetry, layer: &ClientLayer, request: Request<String>, status: u16) -> FinishedSpan {
    let service = layer.layer(service_fn(async |_: Request<String>| answer(status)));
    run(telemetry, service.oneshot(request)).unwrap();
    telemetry.spans.take().pop().unwrap()
}

fn answer(status: u16) -> Result<Response<String>, Infallible> {
    Ok(Response::builder().status(status).body(String::new()).unwrap())
}

fn run<R>(telemetry: &Telemetry, work: impl Future<Output = R>) -> R {
    tracing::dispatcher::with_default(&telemetry.dispatch, || {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
    })
}

fn builder(telemetry: &Telemetry) -> ClientLayerBuilder {
    ClientLayer::builder().registry(&telemetry.registry).clock(Arc::new(telemetry.clock.clone()))
}

fn text(span: &FinishedSpan, key: &str) -> Option<String> {
    match span.attribute(key)? {
        AttributeValue::String(text) => Some(text.clone().into_owned()),
        other => Some(format!("{other:?}")),
    }
}

fn levels(telemetry: &Telemetry) -> Vec<String> {
    let lines = telemetry.lines.all();
    lines
        .iter()
        .filter(|line| line.target == "radiosonde::client")
        .map(|line| line.fields["level"].clone())
        .collect()
}

#[test]
fn a_span_has_the_attributes_of_the_conventions() {
    let telemetry = Telemetry::new();
    let layer = builder(&telemetry).build().unwrap();
    let mut request = request("GET", "https://Shop.Test/orders/7?page=2");
    request.extensions_mut().insert(Route::new("/orders/{id}"));
    let span = call(&telemetry, &layer, request, 404);
    assert_eq!(span.name, "GET /orders/{id}");
    assert_eq!(telemetry.lines.all()[0].context, Some(span.context));
    for (key, value) in [
        ("http.request.method", "GET"),
        ("server.address", "shop.test"),
        ("server.port", "I64(443)"),
        ("url.scheme", "https"),
        ("url.full", "https://Shop.Test/orders/7?page=REDACTED"),
        ("url.template", "/orders/{id}"),
        ("http.response.status_code", "I64(404)"),
        ("error.type", "404"),
        ("network.protocol.version", "1.1"),
    ] {
        assert_eq!(text(&span, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(span.attribute("http.request.resend_count"), None);
    let counted = "http_client_requests_total{method=\"GET\",server=\"shop.test:443\",status=\"404\"} 1\n";
    assert!(telemetry.registry.text().contains(counted), "{}", telemetry.registry.text());
}

#[test]
fn an_unknown_method_is_named_http() {
    let telemetry = Telemetry::new();
    let layer = builder(&telemetry).build().unwrap();
    let span = call(&telemetry, &layer, request("BREW", "http://pot.test/"), 418);
    assert_eq!(span.name, "HTTP");
    assert_eq!(text(&span, "http.request.method").as_deref(), Some("_OTHER"));
    assert_eq!(text(&span, "http.request.method_original").as_deref(), Some("BREW"));
    let mut routed = request("BREW", "http://pot.test/7");
    routed.extensions_mut().insert(Route::new("/{pot}"));
    assert_eq!(call(&telemetry, &layer, routed, 418).name, "HTTP /{pot}");
}

#[test]
fn a_request_over_a_connection_names_its_server() {
    let telemetry = Telemetry::new();
    let layer = builder(&telemetry).build().unwrap();
    let mut by_host = request("GET", "/orders");
    by_host.headers_mut().insert("host", "Shop.Test:8080".parse().unwrap());
    let span = call(&telemetry, &layer, by_host, 200);
    assert_eq!(text(&span, "server.address").as_deref(), Some("shop.test"));
    assert_eq!(text(&span, "server.port").as_deref(), Some("I64(8080)"));
    let layer = layer.connected_to("https://shop.test".parse().unwrap());
    let span = call(&telemetry, &layer, request("GET", "/orders"), 200);
    assert_eq!(text(&span, "url.full").as_deref(), Some("https://shop.test:443/orders"));
    let text = telemetry.registry.text();
    for server in ["shop.test:8080", "shop.test:443"] {
        let line =
            format!("http_client_requests_total{{method=\"GET\",server=\"{server}\",status=\"200\"}} 1\n");
        assert!(text.contains(&line), "no {line} in {text}");
    }
}

#[test]
fn a_span_names_its_server_beyond_the_limit_of_the_label() {
    let telemetry = Telemetry::new();
    let layer = builder(&telemetry).build().unwrap();
    let mut last = None;
    for at in 0..=100 {
        last = Some(call(&telemetry, &layer, request("GET", &format!("http://h{at}.test/")), 200));
    }
    assert_eq!(text(&last.unwrap(), "server.address").as_deref(), Some("h100.test"));
    let counted = "http_client_requests_total{method=\"GET\",server=\"_overflow\",status=\"200\"} 1\n";
    assert!(telemetry.registry.text().contains(counted));
}

#[test]
fn the_otel_profile_has_the_names_of_the_conventions() {
    let telemetry = Telemetry::new();
    let layer = builder(&telemetry).names(ClientNames::otel()).build().unwrap();
    call(&telemetry, &layer, request("GET", "http://shop.test/"), 503);
    let text = telemetry.registry.text();
    let labels = "error_type=\"503\",http_request_method=\"GET\",http_response_status_code=\"503\",server_address=\"shop.test\",server_port=\"80\"";
    assert!(text.contains(&format!("http_client_request_duration_seconds_count{{{labels}}} 1\n")), "{text}");
    let active = "http_client_active_requests{http_request_method=\"GET\",server_address=\"shop.test\",server_port=\"80\"} 0\n";
    assert!(text.contains(active), "{text}");
    assert!(!text.contains("requests_total"), "{text}");
}

#[test]
fn metrics_can_have_names_of_ones_own() {
    let telemetry = Telemetry::new();
    let names = ClientNames::classic().prefix("shop_calls").requests("shop_calls_total").server_label("peer");
    let layer = builder(&telemetry).names(names).build().unwrap();
    call(&telemetry, &layer, request("GET", "http://shop.test/"), 200);
    let text = telemetry.registry.text();
    assert!(
        text.contains("shop_calls_total{method=\"GET\",peer=\"shop.test:80\",status=\"200\"} 1\n"),
        "{text}"
    );
    assert!(text.contains("shop_calls_requests_in_flight{peer=\"shop.test:80\"} 0\n"), "{text}");
}

#[test]
fn each_signal_can_be_left_out() {
    for left_out in [Signals::METRICS, Signals::SPAN, Signals::LINE, Signals::ALL] {
        let telemetry = Telemetry::new();
        let layer = builder(&telemetry).signals(Signals::ALL.without(left_out)).build().unwrap();
        let service = layer.layer(service_fn(async |request: Request<String>| {
            assert!(request.headers().contains_key("traceparent"), "the context is sent on");
            answer(200)
        }));
        tracing::dispatcher::with_default(&telemetry.dispatch, || {
            tracing::info_span!("outer").in_scope(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(service.oneshot(request("GET", "http://shop.test/"))).unwrap();
            });
        });
        let has = |signal| !left_out.contains(signal);
        assert_eq!(telemetry.registry.text().contains("http_client"), has(Signals::METRICS));
        assert_eq!(telemetry.spans.take().len(), if has(Signals::SPAN) { 2 } else { 1 });
        assert_eq!(levels(&telemetry).len(), usize::from(has(Signals::LINE)));
    }
}

#[test]
fn the_level_of_a_line_follows_the_outcome_or_a_rule() {
    let telemetry = Telemetry::new();
    let layer = builder(&telemetry).build().unwrap();
    call(&telemetry, &layer, request("GET", "http://shop.test/"), 200);
    call(&telemetry, &layer, request("GET", "http://shop.test/"), 404);
    let by_rule = |call: &EndedCall<'_>| match call.status {
        Some(StatusCode::NOT_FOUND) => Some(Level::TRACE),
        Some(StatusCode::NO_CONTENT) => None,
        Some(StatusCode::ACCEPTED) => panic!("a rule may be wrong"),
        _ => Some(call.default_level),
    };
    let layer = builder(&telemetry).line_level(by_rule).build().unwrap();
    for status in [404, 204, 202, 503] {
        call(&telemetry, &layer, request("GET", "http://shop.test/"), status);
    }
    assert_eq!(levels(&telemetry), ["DEBUG", "WARN", "TRACE", "DEBUG", "WARN"]);
}

/// Retries until an answer is good.
#[derive(Clone)]
struct UntilGood;

impl<E>
    Policy<Request<String>, Response<radiosonde_tower::ResponseBody<String, radiosonde_tower::ClientCall>>, E>
    for UntilGood
{
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<String>,
        result: &mut Result<
            Response<radiosonde_tower::ResponseBody<String, radiosonde_tower::ClientCall>>,
            E,
        >,
    ) -> Option<Ready<()>> {
        let is_good = result.as_ref().is_ok_and(|response| response.status().is_success());
        (!is_good).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<String>) -> Option<Request<String>> {
        Some(request.clone())
    }
}

#[test]
fn each_attempt_of_a_retried_request_is_a_call() {
    let telemetry = Telemetry::new();
    let attempts = Arc::new(AtomicU32::new(0));
    let service = ServiceBuilder::new()
        .layer(CountAttempts)
        .retry(UntilGood)
        .layer(builder(&telemetry).build().unwrap())
        .service_fn(move |_: Request<String>| {
            let attempt = attempts.fetch_add(1, Ordering::SeqCst);
            ready(answer(if attempt < 2 { 503 } else { 200 }))
        });
    run(&telemetry, service.oneshot(request("GET", "http://shop.test/"))).unwrap();
    let spans = telemetry.spans.take();
    let counts: Vec<_> = spans.iter().map(|span| text(span, "http.request.resend_count")).collect();
    assert_eq!(counts, [None, Some("I64(1)".to_owned()), Some("I64(2)".to_owned())]);
    let text = telemetry.registry.text();
    assert!(text.contains("http_client_retries_total{server=\"shop.test:80\"} 2\n"), "{text}");
    assert!(text.contains("status=\"503\"} 2\n") && text.contains("status=\"200\"} 1\n"), "{text}");
}

#[test]
fn layers_on_one_registry_share_their_metrics() {
    let registry = Registry::new();
    let first = ClientLayer::builder().registry(&registry).build();
    assert!(first.is_ok() && ClientLayer::builder().registry(&registry).build().is_ok());
}
