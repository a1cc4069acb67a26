//! Random callers in a random order.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use proptest::prelude::*;
use tower::{Layer as _, Service, ServiceBuilder};

use crate::hands::{Answer, Scripted};
use crate::{Scene, poll, poll_ready};

#[derive(Debug, Clone, Copy)]
enum Step {
    /// A new caller.
    Clone,
    Ready(usize),
    Call(usize, Answer),
    Poll(usize),
    DropService(usize),
    DropResponse(usize),
    Wait(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let answers = [Answer::Now, Answer::Error, Answer::Never, Answer::Panic];
    let step = prop_oneof![
        2 => Just(Step::Clone),
        4 => (0..8_usize).prop_map(Step::Ready),
        4 => ((0..8_usize), prop::sample::select(answers.to_vec())).prop_map(|(at, answer)| Step::Call(at, answer)),
        3 => (0..8_usize).prop_map(Step::Poll),
        1 => (0..8_usize).prop_map(Step::DropService),
        2 => (0..8_usize).prop_map(Step::DropResponse),
        1 => (0..5_u8).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..60)
}

/// One caller: its service, and whether that is ready.
struct Caller<S> {
    service: S,
    is_ready: bool,
}

/// Runs the steps; the responses that are left at the end are dropped after the services.
fn run<S>(scene: &Scene, service: S, steps: &[Step]) -> (f64, f64)
where
    S: Service<Answer> + Clone,
    S::Future: Unpin,
{
    let mut callers = vec![Caller { service: service.clone(), is_ready: false }];
    let mut responses: Vec<S::Future> = Vec::new();
    let (mut calls, mut most) = (0.0, 0.0_f64);
    for &step in steps {
        match step {
            Step::Clone => callers.push(Caller { service: service.clone(), is_ready: false }),
            Step::Ready(at) => {
                if let Some(caller) = callers.get_mut(at) {
                    caller.is_ready = matches!(poll_ready(&mut caller.service), Poll::Ready(Ok(())));
                }
            }
            Step::Call(at, answer) => {
                if let Some(caller) = callers.get_mut(at).filter(|caller| caller.is_ready) {
                    caller.is_ready = false;
                    calls += 1.0;
                    responses.push(caller.service.call(answer));
                }
            }
            Step::Poll(at) => {
                if let Some(response) = responses.get_mut(at) {
                    let polled = catch_unwind(AssertUnwindSafe(|| poll(response).is_ready()));
                    if polled.unwrap_or(true) {
                        drop(responses.remove(at));
                    }
                }
            }
            Step::DropService(at) if at < callers.len() => drop(callers.remove(at)),
            Step::DropResponse(at) if at < responses.len() => drop(responses.remove(at)),
            Step::Wait(seconds) => scene.clock.advance(Duration::from_secs(seconds.into())),
            Step::DropService(_) | Step::DropResponse(_) => {}
        }
        most = most.max(scene.value("http_concurrency_in_use").unwrap());
    }
    (calls, most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_gauges_of_a_limit_end_at_zero(steps in steps(), max in 0..4_u32) {
        let scene = Scene::new();
        let layer = scene.limiter.concurrency_limit(max as usize);
        let service = layer.layer(Scripted::default());
        drop(layer);
        let (calls, most) = run(&scene, service, &steps);
        prop_assert!(most <= f64::from(max), "{most} in use of {max}");
        scene.assert(&[("concurrency_in_use", 0), ("queue_depth", 0), ("concurrency_limit", 0)]);
        // Services that were dropped before their call have waited, too.
        prop_assert!(scene.waits() >= calls, "{} waits, {calls} calls", scene.waits());
    }

    #[test]
    fn each_call_under_a_load_shed_is_admitted_or_shed(steps in steps(), max in 0..3_u32) {
        let scene = Scene::new();
        let layers = ServiceBuilder::new().layer(scene.limiter.load_shed());
        let layers = layers.layer(scene.limiter.concurrency_limit(max as usize));
        let (calls, most) = run(&scene, layers.service(Scripted::default()), &steps);
        prop_assert!(most <= f64::from(max), "{most} in use of {max}");
        scene.assert(&[("concurrency_in_use", 0), ("queue_depth", 0), ("queue_wait_seconds_sum", 0)]);
        let shed = scene.value("http_requests_shed_total").unwrap();
        prop_assert!(shed <= calls && scene.waits() + shed >= calls, "{calls} calls, {shed} shed");
    }
}
