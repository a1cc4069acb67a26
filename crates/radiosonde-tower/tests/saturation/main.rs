//! Limits, waits and refusals are counted, and the gauges end at zero whatever is dropped when.
#![cfg(feature = "saturation")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hands;
mod property;

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{Request, Response};
use radiosonde_core::Outcome;
use radiosonde_core::canonical::{CanonicalRecord, CanonicalSlot};
use radiosonde_metrics::Registry;
use radiosonde_testkit::ManualClock;
use radiosonde_tower::{ClientLayer, Limiter};
use tower::load_shed::error::Overloaded;
use tower::timeout::error::Elapsed;
use tower::{BoxError, Layer as _, Service, ServiceBuilder, ServiceExt as _, service_fn};

use crate::hands::{Answer, Scripted};

/// A limiter with a registry and a clock of its own.
struct Scene {
    registry: Registry,
    clock: ManualClock,
    limiter: Limiter,
}

impl Scene {
    fn new() -> Self {
        let (registry, clock) = (Registry::new(), ManualClock::new());
        let builder = Limiter::builder("orders").registry(&registry).clock(Arc::new(clock.clone()));
        let limiter = builder.build().unwrap();
        Self { registry, clock, limiter }
    }

    fn value(&self, name: &str) -> Option<f64> {
        self.registry.snapshot().value(name, &[("limiter", "orders")])
    }

    /// The number of waits that ended.
    fn waits(&self) -> f64 {
        let text = self.registry.text();
        let count = text.split("http_queue_wait_seconds_count{limiter=\"orders\"} ").nth(1).unwrap();
        count.lines().next().unwrap().parse().unwrap()
    }

    #[track_caller]
    fn assert(&self, expected: &[(&str, u32)]) {
        for (name, value) in expected {
            let line = format!("http_{name}{{limiter=\"orders\"}} {value}\n");
            let text = self.registry.text();
            assert!(text.contains(&line), "no {line} in {text}");
        }
    }
}

fn poll_ready<Q, S: Service<Q>>(service: &mut S) -> Poll<Result<(), S::Error>> {
    service.poll_ready(&mut Context::from_waker(Waker::noop()))
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_permit_is_in_use_until_its_response_is_dropped() {
    let scene = Scene::new();
    let layer = scene.limiter.concurrency_limit(2);
    let mut first = layer.layer(Scripted::default());
    let mut second = first.clone();
    scene.assert(&[("concurrency_limit", 2), ("concurrency_in_use", 0), ("queue_depth", 0)]);
    assert!(poll_ready(&mut first).is_ready());
    assert!(poll_ready(&mut second).is_ready());
    scene.assert(&[
        ("concurrency_in_use", 2),
        ("queue_wait_seconds_count", 2),
        ("queue_wait_seconds_sum", 0),
    ]);
    let mut third = layer.layer(Scripted::default());
    assert!(poll_ready(&mut third).is_pending());
    scene.assert(&[("queue_depth", 1)]);
    scene.clock.advance(Duration::from_secs(3));
    let mut response = first.call(Answer::Now);
    assert!(poll(&mut response).is_ready());
    assert!(poll_ready(&mut third).is_pending(), "tower's permit lives as long as the future");
    drop(response);
    assert!(poll_ready(&mut third).is_ready());
    scene.assert(&[("concurrency_in_use", 2), ("queue_depth", 0), ("queue_wait_seconds_sum", 3)]);
    drop((second, third, first));
    scene.assert(&[("concurrency_in_use", 0), ("concurrency_limit", 2)]);
    drop(layer);
    scene.assert(&[("concurrency_limit", 0), ("queue_wait_seconds_count", 3)]);
}

#[test]
fn a_caller_that_gives_up_has_waited() {
    let scene = Scene::new();
    let layer = scene.limiter.concurrency_limit(0);
    let mut service = layer.layer(Scripted::default());
    assert!(poll_ready(&mut service).is_pending());
    scene.clock.advance(Duration::from_secs(5));
    assert!(poll_ready(&mut service).is_pending());
    drop(service);
    scene.assert(&[("queue_depth", 0), ("queue_wait_seconds_count", 1), ("queue_wait_seconds_sum", 5)]);
}

#[test]
fn a_service_that_is_not_ready_is_not_a_wait_for_a_permit() {
    let scene = Scene::new();
    let inner = Scripted { unready: 1, ..Scripted::default() };
    let mut service = scene.limiter.concurrency_limit(1).layer(inner);
    assert!(poll_ready(&mut service).is_pending());
    scene.clock.advance(Duration::from_secs(5));
    scene.assert(&[("concurrency_in_use", 1), ("queue_depth", 0)]);
    assert!(poll_ready(&mut service).is_ready());
    scene.assert(&[("queue_wait_seconds_count", 1), ("queue_wait_seconds_sum", 0)]);
}

#[test]
fn a_panic_gives_the_permit_back() {
    let scene = Scene::new();
    let layer = scene.limiter.concurrency_limit(1);
    let call = service_fn(|()| {
        if true {
            resume_unwind(Box::new("in the call"));
        }
        pending::<Result<(), Infallible>>()
    });
    let mut service = layer.layer(call);
    assert!(poll_ready(&mut service).is_ready());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(service.call(())))).is_err());
    scene.assert(&[("concurrency_in_use", 0)]);
    let mut service = layer.layer(Scripted::default());
    assert!(poll_ready(&mut service).is_ready());
    let mut response = service.call(Answer::Panic);
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut response).is_ready())).is_err());
    drop(response);
    scene.assert(&[("concurrency_in_use", 0)]);
}

#[test]
fn nothing_waits_behind_a_load_shed() {
    let scene = Scene::new();
    let limit = scene.limiter.concurrency_limit(1);
    let layers = ServiceBuilder::new().layer(scene.limiter.load_shed()).layer(limit);
    let mut service = layers.service(Scripted::default());
    scene.assert(&[("requests_shed_total", 0)]);
    assert!(poll_ready(&mut service).is_ready());
    let response = service.call(Answer::Now);
    for _ in 0..2 {
        assert!(poll_ready(&mut service).is_ready());
        let Poll::Ready(Err(error)) = poll(&mut service.call(Answer::Now)) else { unreachable!() };
        assert!(error.is::<Overloaded>());
        scene.clock.advance(Duration::from_secs(60));
    }
    scene.assert(&[("requests_shed_total", 2), ("queue_depth", 0), ("queue_wait_seconds_count", 1)]);
    drop(response);
    assert!(poll_ready(&mut service).is_ready());
    drop(service.call(Answer::Now));
    scene.assert(&[("requests_shed_total", 2), ("queue_wait_seconds_sum", 0), ("concurrency_in_use", 0)]);
}

#[tokio::test(start_paused = true)]
async fn only_the_timeout_that_elapsed_counts() {
    let scene = Scene::new();
    let layer = scene.limiter.timeout(Duration::from_secs(2));
    let outer = Limiter::builder("outer").registry(&scene.registry).build().unwrap();
    let layers = ServiceBuilder::new().layer(outer.timeout(Duration::from_secs(9))).layer(layer);
    let service = layers.service(Scripted::default());
    assert!(service.clone().oneshot(Answer::Now).await.is_ok());
    assert!(service.clone().oneshot(Answer::Error).await.is_err());
    scene.assert(&[("requests_timed_out_total", 0)]);
    let error = service.oneshot(Answer::Never).await.unwrap_err();
    assert!(error.is::<Elapsed>());
    scene.assert(&[("requests_timed_out_total", 1)]);
    let outer = scene.registry.snapshot().value("http_requests_timed_out_total", &[("limiter", "outer")]);
    assert_eq!(outer, Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_and_a_timeout_are_the_hint_of_the_request() {
    let scene = Scene::new();
    let shed =
        ServiceBuilder::new().layer(scene.limiter.load_shed()).layer(scene.limiter.concurrency_limit(0));
    let late = scene.limiter.timeout(Duration::from_secs(1)).layer(Scripted::default());
    // The buffer's task, which is in no request, asks the service and calls it.
    let shed = scene.limiter.buffer(1).layer(shed.service(Scripted::default()));
    for (answer, expected) in [(Answer::Now, None), (Answer::Never, Some(Outcome::TimedOut))] {
        assert_eq!(hint_after(late.clone().oneshot(answer)).await, expected);
    }
    assert_eq!(hint_after(shed.oneshot(Answer::Now)).await, Some(Outcome::Shed));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_timed_out_does_not_blame_the_request_that_made_it() {
    let scene = Scene::new();
    let calls = ClientLayer::builder().registry(&scene.registry).build().unwrap();
    let limited = scene.limiter.timeout(Duration::from_secs(1));
    let error = ServiceBuilder::new().layer(calls.clone()).layer(limited.clone());
    let never = error.service(service_fn(|_: Request<()>| pending::<Result<Response<String>, Infallible>>()));
    assert_eq!(hint_after(never.clone().oneshot(Request::new(()))).await, None);
    scene.assert(&[("requests_timed_out_total", 1)]);
    // A layer between the two may answer.
    let answered = calls.layer(service_fn(move |request: Request<()>| {
        let limited = limited.layer(never.clone());
        async move {
            let unavailable = Response::builder().status(503).body(String::new()).unwrap();
            Ok::<_, Infallible>(limited.oneshot(request).await.map_or(unavailable, |_| Response::default()))
        }
    }));
    assert_eq!(hint_after(answered.oneshot(Request::new(()))).await, None);
}

/// The hint in the record of a request that consists of this future.
async fn hint_after(future: impl Future) -> Option<Outcome> {
    let mut slot = CanonicalSlot::new(CanonicalRecord::new());
    let mut future = pin!(future);
    poll_fn(|cx| slot.in_scope(|| future.as_mut().poll(cx).map(drop))).await;
    slot.take().unwrap().outcome_hint()
}

#[tokio::test]
async fn a_request_is_in_the_queue_until_the_service_is_called() {
    let scene = Scene::new();
    let limit = tower::limit::ConcurrencyLimitLayer::new(1);
    let layers = ServiceBuilder::new().layer(scene.limiter.buffer(2)).layer(limit);
    let mut service = layers.service(Scripted::default());
    scene.assert(&[("queue_capacity", 2), ("queue_depth", 0)]);
    let mut first = service.ready().await.unwrap().call(Answer::Never);
    let second = service.ready().await.unwrap().call(Answer::Now);
    scene.assert(&[("queue_depth", 2)]);
    tokio::task::yield_now().await;
    // The task has called the service once, and holds the second request until it is ready again.
    scene.assert(&[("queue_depth", 1), ("queue_wait_seconds_count", 1)]);
    assert!(poll(&mut first).is_pending());
    scene.clock.advance(Duration::from_secs(4));
    drop(first);
    second.await.unwrap();
    scene.assert(&[("queue_depth", 0), ("queue_wait_seconds_count", 2), ("queue_wait_seconds_sum", 4)]);
    drop(service);
    scene.assert(&[("queue_capacity", 0)]);
}

#[tokio::test]
async fn a_wait_for_a_place_in_a_full_queue_is_part_of_the_wait() {
    let scene = Scene::new();
    let mut service = scene.limiter.buffer(1).layer(Scripted::default());
    let first = service.ready().await.unwrap().call(Answer::Now);
    let mut other = service.clone();
    assert!(poll_ready(&mut other).is_pending());
    scene.clock.advance(Duration::from_secs(2));
    first.await.unwrap();
    scene.assert(&[("queue_wait_seconds_count", 1), ("queue_wait_seconds_sum", 2)]);
    other.ready().await.unwrap().call(Answer::Now).await.unwrap();
    scene.assert(&[("queue_wait_seconds_count", 2), ("queue_wait_seconds_sum", 4), ("queue_depth", 0)]);
}

#[tokio::test]
async fn a_failed_service_behind_a_buffer_leaves_no_depth() {
    let scene = Scene::new();
    let broken = tower::util::MapRequestLayer::new(|answer: Answer| answer);
    let inner = broken.layer(Scripted { fails_ready: true, ..Scripted::default() });
    let service = scene.limiter.buffer(4).layer(inner);
    let error: BoxError = service.clone().oneshot(Answer::Now).await.unwrap_err();
    assert!(error.is::<tower::buffer::error::ServiceError>(), "{error}");
    scene.assert(&[("queue_depth", 0), ("queue_wait_seconds_count", 1)]);
}

#[test]
fn limits_of_one_name_add_up() {
    let scene = Scene::new();
    let layers = [scene.limiter.concurrency_limit(3), scene.limiter.concurrency_limit(4)];
    assert_eq!(scene.value("http_concurrency_limit"), Some(7.0));
    drop(layers);
    assert_eq!(scene.value("http_concurrency_limit"), Some(0.0));
    let other = Registry::new();
    other.counter("http_requests_shed_total", "Taken.").build().unwrap();
    assert!(Limiter::builder("orders").registry(&other).build().is_err());
}
