//! Every possible end of a request: counted once, the gauge back at zero, and the signals in agreement.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Empty, Full};
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_metrics::Registry;
use radiosonde_testkit::{ManualClock, SharedBuffer};
use radiosonde_tower::{ClientLayer, Route, ServerLayer};
use radiosonde_trace::{CaptureSpans, FinishedSpan, SpanKind, SpanStatus, TracePipeline};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

/// The surroundings of one layer: a registry, a clock, and all signals.
struct Signals {
    registry: Registry,
    clock: ManualClock,
    spans: CaptureSpans,
    lines: SharedBuffer,
}

impl Signals {
    fn new() -> (Self, tracing::subscriber::DefaultGuard) {
        let (registry, spans, lines) = (Registry::new(), CaptureSpans::new(), SharedBuffer::new());
        let pipeline = TracePipeline::builder(&Resource::new("test"))
            .sink(spans.clone())
            .registry(&registry)
            .build()
            .unwrap();
        let log = JsonLayer::builder(&Resource::new("test"))
            .format(Format::Json)
            .registry(&registry)
            .writer(Writer::new("test", lines.clone()))
            .build()
            .unwrap();
        let guard =
            tracing::subscriber::set_default(tracing_subscriber::registry().with(pipeline.layer()).with(log));
        (Self { registry, clock: ManualClock::default(), spans, lines }, guard)
    }

    fn server(&self) -> ServerLayer {
        ServerLayer::builder().registry(&self.registry).clock(Arc::new(self.clock.clone())).build().unwrap()
    }

    fn client(&self) -> ClientLayer {
        ClientLayer::builder().registry(&self.registry).clock(Arc::new(self.clock.clone())).build().unwrap()
    }

    /// Asserts that one request was recorded with this status in the metrics, and that span and line agree.
    #[track_caller]
    fn assert_one(&self, method: &str, status: &str, outcome: &str) -> FinishedSpan {
        let text = self.registry.text();
        let labels = format!("endpoint=\"/orders/{{id}}\",method=\"{method}\"");
        for line in [
            format!("http_requests_total{{{labels},status=\"{status}\"}} 1\n"),
            format!("http_request_duration_seconds_count{{{labels}}} 1\n"),
            "http_requests_in_flight{endpoint=\"/orders/{id}\"} 0\n".to_owned(),
        ] {
            assert!(text.contains(&line), "no {line} in {text}");
        }
        assert_eq!(text.matches("\nhttp_requests_total{").count(), 1, "{text}");
        let spans = self.spans.take();
        assert_eq!(spans.len(), 1, "{spans:?}");
        let lines: Vec<_> = self.lines.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains(&format!("\"outcome\":\"{outcome}\"")), "{}", lines[0]);
        assert!(
            lines[0].contains(&format!("\"trace_id\":\"{}\"", spans[0].context.trace_id())),
            "{}",
            lines[0]
        );
        assert!(
            lines[0].contains(&format!("\"span_id\":\"{}\"", spans[0].context.span_id())),
            "{}",
            lines[0]
        );
        assert_eq!(spans[0].name, format!("{method} /orders/{{id}}"));
        assert_eq!(spans[0].kind, SpanKind::Server);
        spans.into_iter().next().unwrap()
    }
}

fn request(method: Method) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.method_mut() = method;
    *request.uri_mut() = "/orders/42?token=secret".parse().unwrap();
    request.extensions_mut().insert(Route::new("/orders/{id}"));
    request
}

fn respond(status: u16) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::from("hello")).unwrap()
}

/// A body that yields its frames one by one and can fail, hang or panic.
enum Scripted {
    Frames(Vec<Result<&'static str, io::ErrorKind>>),
    HangsAfter(Vec<&'static str>),
    Panics,
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let data = |text: &'static str| Frame::data(Bytes::from_static(text.as_bytes()));
        match self.get_mut() {
            Self::Frames(frames) if frames.is_empty() => Poll::Ready(None),
            Self::Frames(frames) => Poll::Ready(Some(frames.remove(0).map(data).map_err(io::Error::from))),
            Self::HangsAfter(frames) if frames.is_empty() => Poll::Pending,
            Self::HangsAfter(frames) => Poll::Ready(Some(Ok(data(frames.remove(0))))),
            Self::Panics => panic!("the body panics"),
        }
    }
}

#[tokio::test]
async fn a_response_counts_with_its_status_at_the_end_of_its_body() {
    for (code, outcome) in [(200, "completed"), (404, "completed"), (503, "failed")] {
        let (signals, _guard) = Signals::new();
        let service = signals.server().layer(service_fn(async |_| Ok::<_, Infallible>(respond(code))));
        let response = service.oneshot(request(Method::GET)).await.unwrap();
        assert_eq!(response.status(), code);
        assert!(signals.spans.spans().is_empty(), "the body has not been read yet");
        signals.clock.advance(Duration::from_millis(30));
        response.into_body().collect().await.unwrap();
        let span = signals.assert_one("GET", &code.to_string(), outcome);
        assert_eq!(span.attribute("http.response.status_code"), Some(&i64::from(code).into()));
        assert_eq!(matches!(span.status, SpanStatus::Error { .. }), code == 503, "{:?}", span.status);
        let text = signals.registry.text();
        assert!(
            text.contains(
                "http_request_duration_seconds_sum{endpoint=\"/orders/{id}\",method=\"GET\"} 0.03\n"
            )
        );
    }
}

#[tokio::test]
async fn a_streamed_body_counts_at_its_last_frame() {
    let (signals, _guard) = Signals::new();
    let service = signals.server().layer(service_fn(async |_| {
        Ok::<_, Infallible>(Response::new(Scripted::Frames(vec![Ok("a"), Ok("b")])))
    }));
    let mut body = service.oneshot(request(Method::GET)).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    body.frame().await.unwrap().unwrap();
    assert!(signals.registry.text().contains("http_requests_in_flight{endpoint=\"/orders/{id}\"} 1\n"));
    assert!(body.frame().await.is_none());
    drop(body);
    signals.assert_one("GET", "200", "completed");
}

#[tokio::test]
async fn a_body_of_promised_length_is_complete_without_being_asked_for_its_end() {
    let (signals, _guard) = Signals::new();
    let service = signals.server().layer(service_fn(async |_| {
        let body = Scripted::HangsAfter(vec!["he", "llo"]);
        Ok::<_, Infallible>(Response::builder().header("content-length", "5").body(body).unwrap())
    }));
    let mut body = service.oneshot(request(Method::GET)).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    body.frame().await.unwrap().unwrap();
    drop(body);
    signals.assert_one("GET", "200", "completed");
}

#[tokio::test]
async fn a_promise_of_no_bytes_ends_at_the_head() {
    let (signals, _guard) = Signals::new();
    let service = signals.server().layer(service_fn(async |_| {
        // Like a proxy that copies the headers and streams an empty body.
        let body = Scripted::Frames(Vec::new());
        Ok::<_, Infallible>(Response::builder().header("content-length", "0").body(body).unwrap())
    }));
    // A server writes the head and never polls this body.
    drop(service.oneshot(request(Method::GET)).await.unwrap());
    signals.assert_one("GET", "200", "completed");
}

#[tokio::test]
async fn trailers_are_the_end_of_a_body() {
    let (signals, _guard) = Signals::new();
    let service = signals.server().layer(service_fn(async |_| {
        let frames = [Frame::data(Bytes::from_static(b"a")), Frame::trailers(http::HeaderMap::new())];
        let frames = futures_util::stream::iter(frames.map(Ok::<_, Infallible>));
        Ok::<_, Infallible>(Response::new(http_body_util::StreamBody::new(frames)))
    }));
    let mut body = service.oneshot(request(Method::GET)).await.unwrap().into_body();
    assert!(body.frame().await.unwrap().unwrap().is_data());
    assert!(body.frame().await.unwrap().unwrap().is_trailers());
    // Nothing may follow, so a server does not poll again.
    drop(body);
    signals.assert_one("GET", "200", "completed");
}

#[tokio::test]
async fn head_and_bodiless_statuses_end_at_the_head() {
    for (method, code) in [(Method::HEAD, 200), (Method::GET, 204), (Method::GET, 304)] {
        let (signals, _guard) = Signals::new();
        let service = signals.server().layer(service_fn(async |_| Ok::<_, Infallible>(respond(code))));
        drop(service.oneshot(request(method.clone())).await.unwrap());
        signals.assert_one(method.as_str(), &code.to_string(), "completed");
    }
}

#[tokio::test]
async fn an_upgrade_is_counted_at_its_head_and_is_no_latency() {
    let (signals, _guard) = Signals::new();
    let service = signals.server().layer(service_fn(async |_| Ok::<_, Infallible>(respond(101))));
    drop(service.oneshot(request(Method::GET)).await.unwrap());
    let text = signals.registry.text();
    let counted = "http_requests_total{endpoint=\"/orders/{id}\",method=\"GET\",status=\"101\"} 1\n";
    assert!(text.contains(counted), "{text}");
    assert!(
        text.contains("http_request_duration_seconds_count{endpoint=\"/orders/{id}\",method=\"GET\"} 0\n")
    );
    assert!(text.contains("http_requests_in_flight{endpoint=\"/orders/{id}\"} 0\n"));
    assert!(signals.lines.lines().iter().any(|line| line.contains("\"outcome\":\"upgraded\"")));
}

#[tokio::test]
async fn an_error_of_the_service_counts_as_500() {
    let (signals, _guard) = Signals::new();
    let service = signals.server().layer(service_fn(async |_| {
        Err::<Response<Full<Bytes>>, _>(io::Error::from(io::ErrorKind::ConnectionReset))
    }));
    assert!(service.oneshot(request(Method::GET)).await.is_err());
    let span = signals.assert_one("GET", "500", "service_error");
    assert!(matches!(span.status, SpanStatus::Error { .. }));
    assert_eq!(span.attribute("error.type"), Some(&"service_error".into()));
    assert_eq!(span.attribute("http.response.status_code"), None, "nothing was sent");
}

#[tokio::test]
async fn an_error_of_the_body_counts_as_500_though_200_was_sent() {
    let (signals, _guard) = Signals::new();
    let service = signals.server().layer(service_fn(async |_| {
        let frames = vec![Ok("a"), Err(io::ErrorKind::UnexpectedEof)];
        Ok::<_, Infallible>(Response::new(Scripted::Frames(frames)))
    }));
    let body = service.oneshot(request(Method::GET)).await.unwrap().into_body();
    assert!(body.collect().await.is_err());
    let span = signals.assert_one("GET", "500", "body_error");
    assert_eq!(span.attribute("error.type"), Some(&"body_error".into()));
    assert_eq!(span.attribute("http.response.status_code"), Some(&200.into()));
}

#[tokio::test]
async fn a_client_that_goes_away_before_the_head_counts_as_499() {
    let (signals, _guard) = Signals::new();
    let service = signals.server().layer(service_fn(async |_| {
        std::future::pending::<Result<Response<Full<Bytes>>, Infallible>>().await
    }));
    let mut future = Box::pin(service.oneshot(request(Method::GET)));
    assert!(future.as_mut().now_or_never().is_none());
    assert!(signals.registry.text().contains("http_requests_in_flight{endpoint=\"/orders/{id}\"} 1\n"));
    drop(future);
    let span = signals.assert_one("GET", "499", "aborted_before_headers");
    assert_eq!(span.status, SpanStatus::Unset, "a client that disconnects is not a failure");
}

#[tokio::test]
async fn a_future_that_is_never_polled_counts_too() {
    let (signals, _guard) = Signals::new();
    let mut service = signals.server().layer(service_fn(async |_| Ok::<_, Infallible>(respond(200))));
    drop(service.call(request(Method::GET)));
    signals.assert_one("GET", "499", "aborted_before_headers");
}

#[tokio::test]
async fn a_client_that_goes_away_amid_the_body_counts_as_499() {
    let (signals, _guard) = Signals::new();
    let service = signals
        .server()
        .layer(service_fn(async |_| Ok::<_, Infallible>(Response::new(Scripted::HangsAfter(vec!["a"])))));
    let mut body = service.oneshot(request(Method::GET)).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    assert!(body.frame().now_or_never().is_none());
    drop(body);
    signals.assert_one("GET", "499", "aborted_after_headers");
}

#[tokio::test]
async fn panics_count_as_500_wherever_they_happen() {
    // In the future.
    let (signals, guard) = Signals::new();
    let service =
        signals.server().layer(service_fn(async |_| -> Result<Response<Full<Bytes>>, Infallible> {
            panic!("the handler panics")
        }));
    assert!(AssertUnwindSafe(service.oneshot(request(Method::GET))).catch_unwind().await.is_err());
    let span = signals.assert_one("GET", "500", "panicked");
    assert_eq!(span.attribute("error.type"), Some(&"panic".into()));
    drop(guard);

    // In the call itself.
    let (signals, guard) = Signals::new();
    let panics =
        |_| -> std::future::Ready<Result<Response<Full<Bytes>>, Infallible>> { panic!("the call panics") };
    let mut service = signals.server().layer(service_fn(panics));
    assert!(std::panic::catch_unwind(AssertUnwindSafe(|| service.call(request(Method::GET)))).is_err());
    signals.assert_one("GET", "500", "panicked");
    drop(guard);

    // In the body.
    let (signals, _guard) = Signals::new();
    let service =
        signals.server().layer(service_fn(async |_| Ok::<_, Infallible>(Response::new(Scripted::Panics))));
    let body = service.oneshot(request(Method::GET)).await.unwrap().into_body();
    assert!(AssertUnwindSafe(body.collect()).catch_unwind().await.is_err());
    signals.assert_one("GET", "500", "panicked");
}

#[tokio::test]
async fn what_the_handler_does_is_in_the_requests_span_and_carries_its_ids() {
    let (signals, _guard) = Signals::new();
    let service = signals.server().layer(service_fn(async |request: Request<Empty<Bytes>>| {
        tracing::info!(order = 42, "priced");
        let id = radiosonde_tower::RequestId::of(request.extensions()).unwrap();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(id.as_str().to_owned())))
    }));
    let mut incoming = request(Method::GET);
    let headers = incoming.headers_mut();
    headers.insert("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap());
    headers.insert("tracestate", "congo=t61rcWkgMzE".parse().unwrap());
    headers.insert("x-request-id", "req-7".parse().unwrap());
    headers.insert("x-correlation-id", "checkout-9".parse().unwrap());
    headers.insert("host", "shop.example:8080".parse().unwrap());
    let response = service.oneshot(incoming).await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "req-7");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "req-7");

    let span = signals.spans.find("GET /orders/{id}").unwrap();
    assert_eq!(span.context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(span.parent.unwrap().to_string(), "00f067aa0ba902b7");
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/orders/{id}"),
        ("url.path", "/orders/42"),
        ("url.scheme", "http"),
        ("server.address", "shop.example"),
        ("network.protocol.version", "1.1"),
    ] {
        assert_eq!(span.attribute(key), Some(&value.into()), "{key}");
    }
    assert_eq!(span.attribute("server.port"), Some(&8080.into()));
    let lines = signals.lines.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in &lines {
        for part in [
            "\"request_id\":\"req-7\"",
            "\"correlation_id\":\"checkout-9\"",
            "\"method\":\"GET\"",
            "\"path\":\"/orders/42\"",
            "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\"",
        ] {
            assert!(line.contains(part), "no {part} in {line}");
        }
        assert!(!line.contains("secret"), "{line}");
    }
    let exposed = signals.registry.encode(radiosonde_metrics::exposition::Format::OpenMetrics);
    let exemplar = format!(
        " # {{trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\",span_id=\"{}\"}} ",
        span.context.span_id()
    );
    assert!(exposed.contains(&exemplar), "{exposed}");
}

#[tokio::test]
async fn invalid_context_and_ids_are_replaced() {
    let (signals, _guard) = Signals::new();
    let service = signals.server().layer(service_fn(async |_| Ok::<_, Infallible>(respond(200))));
    let mut incoming = request(Method::GET);
    let headers = incoming.headers_mut();
    headers.insert("traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-01".parse().unwrap());
    headers.insert("x-request-id", "a b".parse().unwrap());
    let response = service.oneshot(incoming).await.unwrap();
    assert_eq!(response.headers()["x-request-id"].len(), 36);
    response.into_body().collect().await.unwrap();
    assert_eq!(signals.assert_one("GET", "200", "completed").parent, None);
}

#[tokio::test]
async fn labels_stay_bounded_whatever_clients_send() {
    let (signals, _guard) = Signals::new();
    let layer = signals.server();
    for n in 0..700 {
        let mut incoming = Request::new(Empty::<Bytes>::new());
        *incoming.method_mut() = Method::from_bytes(format!("M{n}").as_bytes()).unwrap();
        if n >= 100 {
            incoming.extensions_mut().insert(Route::new(format!("/{n}")));
        }
        let service = layer.layer(service_fn(async |_| Ok::<_, Infallible>(respond(204))));
        service.oneshot(incoming).await.unwrap();
    }
    let text = signals.registry.text();
    let count = |name: &str| text.lines().filter(|line| line.starts_with(name)).count();
    assert_eq!(count("http_requests_total{"), 502, "500 endpoints, the unmatched one and the overflow");
    assert!(
        text.contains("http_requests_total{endpoint=\"_unmatched\",method=\"_OTHER\",status=\"204\"} 100\n")
    );
    assert!(
        text.contains("http_requests_total{endpoint=\"_overflow\",method=\"_OTHER\",status=\"204\"} 100\n")
    );
}

#[tokio::test]
async fn an_outgoing_request_carries_the_clients_span() {
    let (signals, _guard) = Signals::new();
    let service = signals.client().layer(service_fn(async |request: Request<Empty<Bytes>>| {
        let traceparent = request.headers()["traceparent"].to_str().unwrap().to_owned();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(traceparent)))
    }));
    let outer = tracing::info_span!("checkout");
    let mut outgoing = Request::new(Empty::<Bytes>::new());
    *outgoing.uri_mut() = "http://ann:secret@orders.local:8080/orders/7?token=secret".parse().unwrap();
    outgoing.extensions_mut().insert(Route::new("/orders/{id}"));
    let response = {
        use tracing::Instrument as _;
        service.oneshot(outgoing).instrument(outer.clone()).await.unwrap()
    };
    let sent = response.into_body().collect().await.unwrap().to_bytes();
    drop(outer);
    let (client, parent) =
        (signals.spans.find("GET /orders/{id}").unwrap(), signals.spans.find("checkout").unwrap());
    assert_eq!(client.kind, SpanKind::Client);
    assert_eq!(client.parent, Some(parent.context.span_id()));
    assert_eq!(sent, format!("00-{}-{}-03", client.context.trace_id(), client.context.span_id()));
    assert_eq!(
        client.attribute("url.full"),
        Some(&"http://orders.local:8080/orders/7?token=REDACTED".into())
    );
    assert_eq!(client.attribute("http.response.status_code"), Some(&200.into()));
    let text = signals.registry.text();
    assert!(text.contains(
        "http_client_requests_total{method=\"GET\",server=\"orders.local:8080\",status=\"200\"} 1\n"
    ));
    assert!(text.contains("http_client_requests_in_flight{server=\"orders.local:8080\"} 0\n"));
}

#[tokio::test]
async fn a_call_that_fails_or_is_dropped_is_counted_by_the_client() {
    let (signals, _guard) = Signals::new();
    let refused = signals.client().layer(service_fn(async |_| {
        Err::<Response<Full<Bytes>>, _>(io::Error::from(io::ErrorKind::ConnectionRefused))
    }));
    assert!(refused.oneshot(request(Method::GET)).await.is_err());
    let hangs = signals.client().layer(service_fn(async |_| {
        std::future::pending::<Result<Response<Full<Bytes>>, Infallible>>().await
    }));
    assert!(hangs.oneshot(request(Method::GET)).now_or_never().is_none());
    let text = signals.registry.text();
    assert!(
        text.contains("http_client_requests_total{method=\"GET\",server=\"_unknown\",status=\"_error\"} 1\n")
    );
    assert!(
        text.contains(
            "http_client_requests_total{method=\"GET\",server=\"_unknown\",status=\"_aborted\"} 1\n"
        )
    );
    assert!(text.contains("http_client_requests_in_flight{server=\"_unknown\"} 0\n"));
    let failed = signals
        .spans
        .spans()
        .into_iter()
        .find(|span| span.attribute("error.type") == Some(&"service_error".into()));
    assert!(matches!(failed.unwrap().status, SpanStatus::Error { .. }));
}

#[tokio::test]
async fn a_client_that_reads_no_more_than_the_status_counts_it() {
    let (signals, _guard) = Signals::new();
    let service = signals.client().layer(service_fn(async |_| Ok::<_, Infallible>(respond(201))));
    drop(service.oneshot(request(Method::POST)).await.unwrap());
    let text = signals.registry.text();
    assert!(
        text.contains("http_client_requests_total{method=\"POST\",server=\"_unknown\",status=\"201\"} 1\n"),
        "{text}"
    );
    let lines = signals.lines.lines();
    assert!(lines.len() == 1 && lines[0].contains("\"level\":\"DEBUG\""), "{lines:?}");
}

#[tokio::test]
async fn nothing_is_needed_but_the_registry() {
    // No subscriber at all: metrics are made all the same, and headers stay as the caller set them.
    let registry = Registry::new();
    let service = ClientLayer::builder().registry(&registry).build().unwrap().layer(service_fn(
        async |request: Request<Empty<Bytes>>| {
            assert_eq!(request.headers()["traceparent"], "kept");
            Ok::<_, Infallible>(respond(200))
        },
    ));
    let service = ServerLayer::builder().registry(&registry).build().unwrap().layer(service);
    let mut incoming = request(Method::GET);
    incoming.headers_mut().insert("traceparent", "kept".parse().unwrap());
    service.oneshot(incoming).await.unwrap().into_body().collect().await.unwrap();
    let text = registry.text();
    assert!(
        text.contains("http_requests_total{endpoint=\"/orders/{id}\",method=\"GET\",status=\"200\"} 1\n"),
        "{text}"
    );
    assert!(
        text.contains("http_client_requests_total{method=\"GET\",server=\"_unknown\",status=\"200\"} 1\n")
    );
}

#[test]
fn layers_on_one_registry_share_their_metrics() {
    let registry = Registry::new();
    ServerLayer::builder().registry(&registry).build().unwrap();
    ServerLayer::builder().registry(&registry).build().unwrap();
    registry.counter("http_client_requests_total", "Mine.").build().unwrap();
    let error = ClientLayer::builder().registry(&registry).build().unwrap_err();
    assert_eq!(error.name(), "http_client_requests_total");
    assert_eq!(StatusCode::OK.as_str(), "200");
}
