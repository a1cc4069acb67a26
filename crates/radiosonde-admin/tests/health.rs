//! Checks and probes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::future::{pending, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use radiosonde_admin::{Health, HealthReport, HealthStatus};
use radiosonde_metrics::Registry;
use radiosonde_signals::{ComponentState, SystemHealth};
use radiosonde_testkit::ManualClock;
use tokio::sync::Semaphore;

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(60);

fn health() -> Health {
    Health::builder().registry(&Registry::new()).build()
}

fn failure<'a>(report: &'a HealthReport, name: &str) -> Option<&'a str> {
    let check = report.checks.iter().find(|check| &*check.name == name);
    check.unwrap().failure.as_deref()
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Counts its runs.
#[derive(Debug, Clone, Default)]
struct Runs(Arc<AtomicUsize>);

impl Runs {
    fn add(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Counts how often a task is woken.
#[derive(Debug, Default)]
struct Woken(Runs);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.add();
    }
}

#[tokio::test]
async fn a_thousand_probes_at_a_time_run_a_check_once() {
    let (health, runs, gate) = (health(), Runs::default(), Arc::new(Semaphore::new(0)));
    let (counted, closed) = (runs.clone(), Arc::clone(&gate));
    health.readiness_check("postgres").timeout(LONG).cache_for(Duration::ZERO).check(move || {
        let (counted, closed) = (counted.clone(), Arc::clone(&closed));
        async move {
            counted.add();
            closed.acquire().await.map(|permit| permit.forget())
        }
    });
    let mut probes: Vec<_> = (0..1000).map(|_| Box::pin(health.ready())).collect();
    assert!(probes.iter_mut().all(|probe| poll_once(probe.as_mut()).is_pending()));
    gate.add_permits(1);
    for probe in probes {
        assert!(probe.await.is_ok());
    }
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn a_result_is_kept_for_as_long_as_it_should_be() {
    let (clock, runs) = (ManualClock::new(), Runs::default());
    let health = Health::builder().registry(&Registry::new()).clock(Arc::new(clock.clone())).build();
    let counted = runs.clone();
    let check = move || ready(if counted.add() == 0 { Err("connection refused") } else { Ok(()) });
    health.readiness_check("postgres").cache_for(Duration::from_secs(5)).check(check);

    assert_eq!(failure(&health.ready().await, "postgres"), Some("connection refused"));
    clock.advance(Duration::from_secs(4));
    let report = health.ready().await;
    assert_eq!(failure(&report, "postgres"), Some("connection refused"), "failures are kept, too");
    assert_eq!((report.checks[0].age, runs.count()), (Duration::from_secs(4), 1));
    clock.advance(Duration::from_secs(1));
    let report = health.ready().await;
    assert_eq!((report.is_ok(), report.checks[0].age, runs.count()), (true, Duration::ZERO, 2));
}

#[tokio::test]
async fn checks_that_hang_block_or_panic_fail_by_name_and_no_other_does() {
    let (health, registry) = {
        let registry = Registry::new();
        (Health::builder().registry(&registry).build(), registry)
    };
    let (release, blocked) = mpsc::channel::<()>();
    let (blocked, blocks) = (Mutex::new(blocked), Runs::default());
    let counted = blocks.clone();
    // A panic takes long where a backtrace is printed.
    let check = |name| health.readiness_check(name).timeout(LONG).cache_for(Duration::ZERO);
    check("hangs").timeout(SHORT).check(pending::<Result<(), String>>);
    check("blocks").timeout(SHORT).check(move || {
        counted.add();
        let _ = blocked.lock().unwrap().recv();
        ready(Ok::<(), String>(()))
    });
    check("panics").check(|| async { if true { panic!("out of order") } else { Ok::<(), String>(()) } });
    check("works").check(|| ready(Ok::<(), String>(())));

    for _ in 0..2 {
        let report = health.ready().await;
        assert_eq!(report.status, HealthStatus::Failing);
        assert_eq!(failure(&report, "hangs"), Some("no result within 50ms"));
        assert_eq!(failure(&report, "blocks"), Some("no result within 50ms"));
        assert_eq!(failure(&report, "panics"), Some("the check panicked"));
        assert_eq!(failure(&report, "works"), None);
    }
    assert_eq!(blocks.count(), 1, "it has a thread still");
    let status = |check| registry.snapshot().value("health_check_status", &[("check", check)]);
    assert_eq!(["hangs", "blocks", "panics", "works"].map(status), [0.0, 0.0, 0.0, 1.0].map(Some));
    let text = registry.text();
    assert!(text.contains("health_check_duration_seconds_count{check=\"works\"} 2\n"), "{text}");
    assert!(text.contains("health_check_duration_seconds_count{check=\"blocks\"} 1\n"), "{text}");

    drop(release);
    // Its thread returns soon; until then, probes report the former result.
    while failure(&health.ready().await, "blocks").is_some() {}
    assert!(blocks.count() > 1);
}

#[tokio::test]
async fn a_check_goes_on_when_its_probe_hangs_up() {
    let (health, gate) = (health(), Arc::new(Semaphore::new(0)));
    let (begun, begins) = mpsc::channel();
    let (closed, runs) = (Arc::clone(&gate), Runs::default());
    let counted = runs.clone();
    health.readiness_check("postgres").timeout(LONG).check(move || {
        let closed = Arc::clone(&closed);
        counted.add();
        begun.send(()).unwrap();
        async move { closed.acquire().await.map(|permit| permit.forget()) }
    });
    let mut probe = Box::pin(health.ready());
    assert!(poll_once(probe.as_mut()).is_pending());
    begins.recv().unwrap();
    drop(probe);
    gate.add_permits(1);
    assert!(health.ready().await.is_ok());
    assert_eq!(runs.count(), 1, "the second probe got the result of the first");
}

#[tokio::test]
async fn a_probe_does_not_wait_for_a_check_that_was_replaced() {
    let (health, (_never, blocked)) = (health(), mpsc::channel::<()>());
    let blocked = Mutex::new(blocked);
    health.readiness_check("postgres").timeout(LONG).check(move || {
        let _ = blocked.lock().unwrap().recv();
        ready(Ok::<(), String>(()))
    });
    let mut probe = Box::pin(health.ready());
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut cx = Context::from_waker(&waker);
    assert!(probe.as_mut().poll(&mut cx).is_pending());
    health.readiness_check("postgres").check(|| ready(Ok::<(), String>(())));
    assert_eq!(woken.0.count(), 1);
    assert!(probe.as_mut().poll(&mut cx).is_ready());
    assert!(health.ready().await.is_ok());
}

#[tokio::test]
async fn liveness_and_readiness_have_their_own_checks() {
    let health = health();
    assert!(health.live().await.is_ok() && health.ready().await.is_ok(), "there is nothing to fail");
    health.liveness_check("worker").check(|| ready(Err::<(), _>("the worker has ended")));
    assert_eq!(failure(&health.live().await, "worker"), Some("the worker has ended"));
    assert!(health.ready().await.is_ok());

    health.set_ready(false);
    assert_eq!(health.ready().await.status, HealthStatus::NotReady);
    health.readiness_check("worker").check(|| ready(Ok::<(), String>(())));
    assert!(health.live().await.is_ok(), "one name is one check");
    assert_eq!(health.ready().await.status, HealthStatus::NotReady, "whatever the checks report");
    health.set_ready(true);
    assert!(health.ready().await.is_ok());
}

#[tokio::test]
async fn a_gate_is_asked_at_every_probe() {
    let (health, runs) = (health(), Runs::default());
    let counted = runs.clone();
    health.gate("burn_rate", move || match counted.add() {
        0 => Ok(()),
        1 => Err("the error budget burns 20 times too fast".to_owned()),
        _ => panic!("out of order"),
    });
    assert!(health.ready().await.is_ok());
    let failed = health.ready().await;
    assert_eq!(failure(&failed, "burn_rate"), Some("the error budget burns 20 times too fast"));
    assert_eq!(failure(&health.ready().await, "burn_rate"), Some("the check panicked"));
    assert!(health.live().await.is_ok());
}

#[tokio::test]
async fn a_check_has_the_runtime_in_which_it_is_declared() {
    let health = health();
    health.readiness_check("sleeps").check(|| async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        tokio::spawn(async {}).await
    });
    let report = health.ready().await;
    assert_eq!(failure(&report, "sleeps"), None);
}

#[test]
fn a_probe_needs_no_runtime() {
    let health = health();
    health.readiness_check("postgres").check(|| async { std::fs::read("no/such/file").map(drop) });
    // Neither a reactor nor timers.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let report = runtime.block_on(health.ready());
    assert!(failure(&report, "postgres").unwrap().contains("No such file"), "{report:?}");
}

#[tokio::test]
async fn a_check_has_the_score_of_the_component_with_its_name() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let health = Health::builder().registry(&registry).clock(Arc::new(clock.clone())).build();
    let is_up = Arc::new(AtomicUsize::new(0));
    let read = Arc::clone(&is_up);
    let check = move || ready(if read.load(Ordering::SeqCst) == 1 { Ok(()) } else { Err("it is down") });
    health.readiness_check("postgres").cache_for(Duration::ZERO).check(check);
    let score = || registry.snapshot().value("system_health_score", &[("component", "postgres")]);
    assert_eq!(health.ready().await.checks[0].score, Some(0));
    assert_eq!(score(), Some(0.0));
    clock.advance(Duration::from_secs(3600));
    assert_eq!(score(), Some(0.0), "until it succeeds");

    is_up.store(1, Ordering::SeqCst);
    assert_eq!(health.ready().await.checks[0].score, Some(100));
    is_up.store(0, Ordering::SeqCst);
    health.ready().await;
    is_up.store(1, Ordering::SeqCst);
    assert_eq!(health.ready().await.checks[0].score, Some(66), "two of three in this minute");
    let now = registry.snapshot();
    let state = [("component", "postgres"), ("state", "degraded")];
    assert_eq!(now.value("system_health_state", &state), Some(1.0));
    assert_eq!(now.value("system_health_score", &[("component", "overall")]), score());
}

#[tokio::test]
async fn a_component_is_a_check_while_it_is_unhealthy_and_probes_add_no_result() {
    let registry = Registry::new();
    let health = Health::builder().registry(&registry).build();
    let broker = SystemHealth::builder().registry(&registry).build().unwrap().component("broker");
    health.component(&broker);
    assert!(health.ready().await.is_ok());
    broker.set_state(ComponentState::Degraded);
    assert!(health.ready().await.is_ok(), "it still answers");
    broker.set_state(ComponentState::Healthy);
    for is_good in [true, false, false] {
        broker.record(is_good);
    }
    for _ in 0..3 {
        let report = health.ready().await;
        assert_eq!(failure(&report, "broker"), Some("unhealthy: a score of 33"));
        assert_eq!(report.checks[0].score, Some(33));
    }
    assert_eq!(registry.snapshot().value("health_check_status", &[("check", "broker")]), Some(0.0));
    assert!(health.live().await.checks.is_empty());
    for _ in 0..3 {
        broker.record(true);
    }
    assert!(health.ready().await.is_ok(), "{}", broker.score());
}

#[tokio::test]
async fn checks_are_components_of_the_system_that_is_set() {
    let registry = Registry::new();
    let valtronics = SystemHealth::builder().namespace("valtronics").registry(&registry).build().unwrap();
    let built = Health::builder().registry(&registry).scores(&valtronics).build();
    let set = Health::builder().registry(&registry).build();
    set.set_scores(&valtronics);
    built.readiness_check("postgres").check(|| ready(Err::<(), _>("it is down")));
    set.gate("warm", || Ok(()));
    assert_eq!(built.ready().await.checks[0].score, Some(0));
    assert_eq!(set.ready().await.checks[0].score, Some(100));
    let now = registry.snapshot();
    let score = |component| now.value("valtronics_system_health_score", &[("component", component)]);
    assert_eq!((score("postgres"), score("warm"), score("overall")), (Some(0.0), Some(100.0), Some(0.0)));
    assert_eq!(valtronics.component("postgres").score(), 0.0);
    assert!(!registry.text().contains("\nsystem_health_score{"), "{}", registry.text());
}

#[tokio::test]
async fn the_failure_of_a_check_ends_when_a_component_replaces_it() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let health = Health::builder().registry(&registry).clock(Arc::new(clock.clone())).build();
    let system = SystemHealth::builder().registry(&registry).build().unwrap();
    let unhealthy = async |name: &str| failure(&health.ready().await, name).map(str::to_owned);
    health.readiness_check("broker").check(|| ready(Err::<(), _>("it is down")));
    health.gate("warm", || Err("caches are being filled".to_owned()));
    assert_eq!(unhealthy("broker").await.as_deref(), Some("it is down"));
    for name in ["broker", "warm"] {
        health.component(&system.component(name));
        clock.advance(LONG);
        assert_eq!(unhealthy(name).await, None, "the failure is forgotten after a minute");
    }
    let broker = system.component("broker");
    broker.set_state(ComponentState::Unhealthy);
    health.component(&broker);
    clock.advance(LONG);
    assert!(unhealthy("broker").await.is_some(), "it was no check that set this state");
}

#[tokio::test]
async fn a_check_that_a_component_replaces_while_it_runs_leaves_no_failure() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let health = Health::builder().registry(&registry).clock(Arc::new(clock.clone())).build();
    let system = SystemHealth::builder().registry(&registry).build().unwrap();
    // A gate runs where the probe is answered: it replaces itself.
    let (replaced, component) = (health.clone(), system.component("broker"));
    health.gate("broker", move || {
        replaced.component(&component);
        Err("it is down".to_owned())
    });
    assert_eq!(failure(&health.ready().await, "broker"), Some("it is down"));
    clock.advance(LONG);
    assert_eq!(failure(&health.ready().await, "broker"), None);
}
