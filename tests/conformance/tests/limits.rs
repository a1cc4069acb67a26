//! Refusals, timeouts and waits of a limited service, as its server layer records them.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use axum::body::Body;
use axum::error_handling::HandleErrorLayer;
use axum::http::{Request, Response, StatusCode};
use axum::routing::get;
use axum::{BoxError, Router};
use conformance::json_lines;
use http_body_util::BodyExt as _;
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_metrics::Registry;
use radiosonde_testkit::{ManualClock, SharedBuffer};
use radiosonde_tower::{Limiter, ServerLayer};
use tower::load_shed::error::Overloaded;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

struct Scene {
    registry: Registry,
    clock: ManualClock,
    lines: SharedBuffer,
    limiter: Limiter,
    server: ServerLayer,
}

impl Scene {
    fn new() -> (Self, tracing::subscriber::DefaultGuard) {
        let (registry, clock, lines) = (Registry::new(), ManualClock::new(), SharedBuffer::new());
        let log = JsonLayer::builder(&Resource::new("limits")).format(Format::Json).registry(&registry);
        let log = log.writer(Writer::new("test", lines.clone())).build().unwrap();
        // tower traces each step of a buffer.
        let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO).with(log);
        let guard = tracing::subscriber::set_default(subscriber);
        let limiter = Limiter::builder("orders").registry(&registry).clock(Arc::new(clock.clone()));
        let limiter = limiter.build().unwrap();
        let server =
            ServerLayer::builder().registry(&registry).clock(Arc::new(clock.clone())).build().unwrap();
        (Self { registry, clock, lines, limiter, server }, guard)
    }

    /// The status and the outcome of the only access line.
    fn line(&self) -> (Option<u64>, String) {
        let lines = json_lines(self.lines.take().as_bytes(), 64 << 10).unwrap();
        let [line] = &*lines else { panic!("{lines:?}") };
        (
            line.get("status").and_then(|status| status.as_u64()),
            line["metadata"]["outcome"].as_str().unwrap().into(),
        )
    }

    fn value(&self, name: &str) -> Option<f64> {
        self.registry.snapshot().value(name, &[("limiter", "orders")])
    }
}

async fn answer(error: BoxError) -> StatusCode {
    if error.is::<Overloaded>() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::REQUEST_TIMEOUT }
}

async fn ask(app: Router, path: &str) -> StatusCode {
    let response = app.oneshot(Request::get(path).body(Body::empty()).unwrap()).await;
    let response = response.unwrap_or_else(|error: Infallible| match error {});
    let status = response.status();
    response.into_body().collect().await.unwrap();
    status
}

#[tokio::test(start_paused = true)]
async fn a_refusal_and_a_timeout_are_the_outcomes_of_their_requests() {
    let (scene, _guard) = Scene::new();
    let limits = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(answer))
        .layer(scene.limiter.load_shed())
        .layer(scene.limiter.concurrency_limit(1))
        .layer(scene.limiter.timeout(Duration::from_secs(1)));
    let app = Router::new()
        .route("/now", get(async || "now"))
        .route("/never", get(pending::<&str>))
        .layer(limits)
        .layer(scene.server.clone());
    assert_eq!(ask(app.clone(), "/now").await, 200);
    assert_eq!(scene.line(), (Some(200), "completed".into()));
    assert_eq!(ask(app.clone(), "/never").await, 408);
    assert_eq!(scene.line(), (Some(408), "timed_out".into()));

    let held = app.clone().oneshot(Request::get("/never").body(Body::empty()).unwrap());
    let mut held = Box::pin(held);
    assert!(held.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(scene.value("http_concurrency_in_use"), Some(1.0));
    assert_eq!(ask(app.clone(), "/now").await, 503);
    assert_eq!(scene.line(), (Some(503), "shed".into()));
    drop(held);
    assert_eq!(scene.line(), (None, "aborted_before_headers".into()));
    assert_eq!(scene.value("http_concurrency_in_use"), Some(0.0));
    assert_eq!(scene.value("http_requests_shed_total"), Some(1.0));
    assert_eq!(scene.value("http_requests_timed_out_total"), Some(1.0));
    let snapshot = scene.registry.snapshot();
    for status in ["200", "408", "499", "503"] {
        assert_eq!(snapshot.sum("http_requests_total", &[("status", status)]), 1.0, "{status}");
    }
}

#[tokio::test]
async fn an_error_that_no_layer_answers_keeps_its_outcome() {
    let (scene, _guard) = Scene::new();
    let service = service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty())));
    let inner =
        ServiceBuilder::new().layer(scene.limiter.load_shed()).layer(scene.limiter.concurrency_limit(0));
    // The task of the buffer calls the service outside of the request's scope.
    let outer = ServiceBuilder::new().layer(scene.server.clone()).layer(scene.limiter.buffer(1));
    let service = outer.service(inner.service(service));
    let error = service.oneshot(Request::new(Body::empty())).await.unwrap_err();
    assert!(error.is::<Overloaded>());
    assert_eq!(scene.line(), (None, "shed".into()));
    assert_eq!(scene.registry.snapshot().sum("http_requests_total", &[("status", "500")]), 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_a_handler_survives_is_not_its_outcome() {
    let (scene, _guard) = Scene::new();
    let backend = ServiceBuilder::new().layer(scene.limiter.timeout(Duration::from_secs(1)));
    let backend = backend.service(service_fn(|()| pending::<Result<&'static str, Infallible>>()));
    let handler = async move || backend.oneshot(()).await.unwrap_or("from the cache");
    let app = Router::new().route("/", get(handler)).layer(scene.server.clone());
    assert_eq!(ask(app, "/").await, 200);
    assert_eq!(scene.line(), (Some(200), "completed".into()));
    assert_eq!(scene.value("http_requests_timed_out_total"), Some(1.0));
}

#[tokio::test]
async fn a_refused_grpc_call_is_shed_though_its_http_status_is_200() {
    let (scene, _guard) = Scene::new();
    let limits = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(async |_: BoxError| {
            [("content-type", "application/grpc"), ("grpc-status", "8")]
        }))
        .layer(scene.limiter.load_shed())
        .layer(scene.limiter.concurrency_limit(0));
    let app = Router::new().route("/", get(async || "never")).layer(limits).layer(scene.server.clone());
    let request = Request::get("/").header("content-type", "application/grpc").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    response.into_body().collect().await.unwrap();
    assert_eq!(scene.line(), (Some(200), "shed".into()));
}

#[tokio::test]
async fn between_layers_of_axum_the_wait_is_part_of_the_request() {
    let (scene, _guard) = Scene::new();
    let app = Router::new()
        .route("/now", get(async || "now"))
        .route("/never", get(pending::<&str>))
        .layer(scene.limiter.concurrency_limit(1))
        .layer(scene.server.clone());
    let mut context = Context::from_waker(Waker::noop());
    let ask = |path| Box::pin(app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()));
    let mut first = ask("/never");
    assert!(first.as_mut().poll(&mut context).is_pending());
    let mut second = ask("/now");
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert_eq!(scene.value("http_queue_depth"), Some(1.0));
    scene.clock.advance(Duration::from_secs(3));
    drop(first);
    second.await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(scene.value("http_queue_depth"), Some(0.0));
    let text = scene.registry.text();
    for line in [
        "http_queue_wait_seconds_sum{limiter=\"orders\"} 3\n",
        "http_request_duration_seconds_sum{endpoint=\"/now\",method=\"GET\"} 3\n",
    ] {
        assert!(text.contains(line), "no {line} in {text}");
    }
}
