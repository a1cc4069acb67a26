//! A hundred thousand requests with distinct paths and methods, and broken headers of every kind that is read: the answers are
//! right, and neither series nor memory grow with them.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::borrow::Cow;
use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use axum::routing::{any, get};
use conformance::json_lines;
use http_body_util::BodyExt as _;
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_metrics::Registry;
use radiosonde_testkit::{CountingAllocator, SharedBuffer};
use radiosonde_tower::{DebugKey, DebugRequests, RequestHead, ServerLayer, TrustedProxies};
use radiosonde_trace::{CaptureSpans, SpanKind, TracePipeline};
use tower::{Service as _, ServiceExt as _};
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const REQUESTS: usize = 100_000;
/// After the second part everything that may grow has grown.
const PARTS: usize = 20;
/// A large line is 64 KiB, and there are a few buffers.
const GROWTH_BYTES: i64 = 512 << 10;

/// Headers that some part of a server layer reads.
const READ: &[&str] = &[
    "b3", "baggage", "content-length", "content-type", "forwarded", "grpc-timeout", "host", "te",
    "traceparent", "tracestate", "uber-trace-id", "user-agent", "x-b3-flags", "x-b3-parentspanid",
    "x-b3-sampled", "x-b3-spanid", "x-b3-traceid", "x-correlation-id", "x-forwarded-for", "x-forwarded-host",
    "x-forwarded-proto", "x-radiosonde-debug", "x-request-id",
];

/// Values that no well-behaved client sends. Every other byte that HTTP excludes is refused by the server before.
fn value(at: usize) -> Vec<u8> {
    const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    match at % 24 {
        0 => Vec::new(),
        1 => b"\xff\xfe\xf0\x9f".to_vec(),
        2 => b"a".repeat(if at % 480 == 2 { 32 << 10 } else { 200 }),
        3 => b"a=b,".repeat(if at % 480 == 3 { 8 << 10 } else { 50 }),
        4 => "\u{202e}\u{2028}\"\\".into(),
        5 => b" \t ,;,;=,, ".to_vec(),
        6 => b"00-00000000000000000000000000000000-0000000000000000-00".to_vec(),
        7 => format!("{TRACEPARENT}-extra").into(),
        8 => TRACEPARENT.to_uppercase().into(),
        9 => b"-1".to_vec(),
        10 => b"18446744073709551616".to_vec(),
        11 => b"for=\"[2001:db8::1\";proto=javascript".to_vec(),
        12 => b"999.999.999.999, unix:/, [::1".to_vec(),
        13 => b"trace:4000000000:ffffffff".to_vec(),
        14 => format!("{at:032x}-{at:016x}-d").into(),
        15 => b"application/grpc+".to_vec(),
        16 => b"%00%ff%zz=%;a".to_vec(),
        17 => format!("{at}").into(),
        18 => b"[::1]:99999999".to_vec(),
        19 => b"9999999999999999999H".to_vec(),
        20 => b"99999999999H".to_vec(),
        21 => b"application/grpc".to_vec(),
        22 => b"_".repeat(129),
        _ => b"user:secret@host:port:port".to_vec(),
    }
}

/// The request with this number, and the status that answers it.
fn request(at: usize) -> (Request<Body>, StatusCode) {
    let (path, status) = match at % 5 {
        0 => (format!("/orders/{at}"), StatusCode::OK),
        1 => (format!("/any/{at}/{}", "x/".repeat(if at % 100 == 1 { 4000 } else { 9 })), StatusCode::OK),
        2 => (format!("/%00%0a%22{at}"), StatusCode::NOT_FOUND),
        3 => (format!("/{at}/{at}?{at}={at}"), StatusCode::NOT_FOUND),
        _ => (format!("/orders/{at}/{at}"), StatusCode::NOT_FOUND),
    };
    let method = match (at % 3, at % 5) {
        // A route that takes GET only would refuse it with 405.
        (_, 0) => Method::GET,
        (0, _) => Method::from_bytes(format!("M{at}").as_bytes()).unwrap(),
        (1, _) => Method::from_bytes(format!("get{at}").as_bytes()).unwrap(),
        _ => Method::POST,
    };
    let mut request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    if at < REQUESTS / PARTS && at.is_multiple_of(2) {
        // As many gRPC methods as there may be.
        request.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    }
    for (turn, name) in READ.iter().enumerate() {
        // Most absent, some twice.
        for again in 0..((at + turn * 5) % 7).saturating_sub(4) {
            let value = value(at / 3 + turn * 7 + again * 3);
            let value = HeaderValue::from_bytes(&value).unwrap();
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    (request, status)
}

/// A label that takes whatever a client sends.
fn tenant<'r>(head: &RequestHead<'r>) -> Option<Cow<'r, str>> {
    head.headers.get("host").map(|host| String::from_utf8_lossy(host.as_bytes()))
}

/// Routes without a bound, as a careless extractor finds them.
fn every_path<'r>(head: &RequestHead<'r>) -> Option<Cow<'r, str>> {
    head.uri.path().starts_with("/%00").then(|| head.uri.path().into())
}

/// Samples of the metrics of requests.
fn series(registry: &Registry) -> usize {
    registry.text().lines().filter(|line| line.starts_with("http_") || line.starts_with("grpc_")).count()
}

#[test]
fn hostile_requests_are_answered_and_leave_nothing() {
    let (registry, spans, lines) = (Registry::new(), CaptureSpans::new(), SharedBuffer::new());
    let resource = Resource::new("hostile");
    let pipeline = TracePipeline::builder(&resource).sink(spans.clone()).registry(&registry).build().unwrap();
    let log = JsonLayer::builder(&resource).format(Format::Json).registry(&registry);
    let log = log.writer(Writer::new("test", lines.clone())).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(pipeline.layer()).with(log);
    let _guard = tracing::subscriber::set_default(subscriber);

    let key = DebugKey::new("0123456789abcdef0123456789abcdef").unwrap();
    let layer = ServerLayer::builder()
        .registry(&registry)
        .debug_requests(DebugRequests::new([key]))
        .trusted_proxies(TrustedProxies::x_forwarded(2))
        .with_time_to_first_byte()
        .label("tenant", 4, tenant)
        .route_by(every_path)
        .capture_request_headers(READ.iter().map(|name| HeaderName::from_static(name)));
    let mut app = Router::new()
        .route("/orders/{id}", get(async || "order"))
        .route("/any/{*rest}", any(async || "any"))
        .layer(layer.build().unwrap())
        .into_service::<Body>();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();

    let mut grown = None;
    for part in 0..PARTS {
        let share = REQUESTS / PARTS;
        for at in part * share..(part + 1) * share {
            let (request, expected) = request(at);
            let response = runtime.block_on(async { app.ready().await?.call(request).await });
            let response = response.unwrap_or_else(|error: Infallible| match error {});
            assert_eq!(response.status(), expected, "request {at}");
            let id = response.headers()["x-request-id"].to_str().unwrap();
            assert!((1..=128).contains(&id.len()) && id.is_ascii(), "request {at}: {id}");
            runtime.block_on(response.into_body().collect()).unwrap();
        }
        let served = spans.take().iter().filter(|span| span.kind == SpanKind::Server).count();
        assert_eq!(served, share);
        let lines = lines.take();
        assert_eq!(lines.lines().count(), share);
        // Reading all of them strictly would take longer than writing them.
        if part % 10 == 0 {
            json_lines(lines.as_bytes(), 64 << 10).unwrap();
        }
        drop(lines);
        if part == 0 {
            continue;
        }
        let now = (series(&registry), CountingAllocator::live_bytes());
        let (known, bytes) = *grown.get_or_insert(now);
        assert_eq!(now.0, known, "series after part {part}");
        assert!(now.1 - bytes < GROWTH_BYTES, "{} bytes more after part {part}", now.1 - bytes);
    }
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.sum("http_requests_total", &[]), REQUESTS as f64);
    assert_eq!(snapshot.sum("http_requests_in_flight", &[]), 0.0);
    assert!(snapshot.sum("http_requests_total", &[("endpoint", "_overflow")]) > 10_000.0);
    assert!(snapshot.sum("http_requests_total", &[("tenant", "_overflow")]) > 1_000.0);
    assert!(series(&registry) < 80_000, "{}", series(&registry));
}
