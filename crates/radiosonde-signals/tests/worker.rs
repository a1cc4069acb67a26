//! The golden signals of a worker.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::Outcome;
use radiosonde_metrics::Registry;
use radiosonde_signals::{GoldenSignals, Limit, Worker, WorkerNames};
use radiosonde_testkit::ManualClock;

fn worker(registry: &Registry, names: WorkerNames) -> Worker {
    Worker::builder("mail").registry(registry).names(names).max(4).build().unwrap()
}

/// One task of each outcome.
fn run_all(worker: &Worker) {
    for outcome in Outcome::ALL {
        worker.task("send_mail").track().end(outcome);
    }
}

#[test]
fn tasks_count_by_name_and_state_with_their_duration() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let worker = Worker::builder("mail").registry(&registry).clock(Arc::new(clock.clone())).build().unwrap();
    worker.task("send_mail").run_infallible(|| clock.advance(Duration::from_secs(2)));
    worker.task("send_mail").run(|| Err::<(), _>("no route")).unwrap_err();
    worker.task("clean_up").run_infallible(|| ());
    let snapshot = registry.snapshot();
    let tasks = |task, state| {
        let labels = [("state", state), ("task", task), ("worker", "mail")];
        snapshot.value("tasks_total", &labels)
    };
    for (state, expected) in [("completed", 1.0), ("failed", 1.0), ("aborted", 0.0), ("timed_out", 0.0)] {
        assert_eq!(tasks("send_mail", state), Some(expected), "{state}");
    }
    assert_eq!(tasks("clean_up", "completed"), Some(1.0));
    let durations = snapshot.series("task_duration_seconds", &[("task", "send_mail"), ("worker", "mail")]);
    assert_eq!((durations.unwrap().number(), durations.unwrap().value().sum()), (2.0, 2.0));
    let failed = [("kind", "other"), ("task", "send_mail"), ("worker", "mail")];
    assert_eq!(snapshot.value("task_errors_total", &failed), Some(1.0));
}

#[test]
fn the_tasks_in_progress_of_one_worker_share_a_gauge() {
    let registry = Registry::new();
    let mail = worker(&registry, WorkerNames::classic());
    let reports = Worker::builder("reports").registry(&registry).build().unwrap();
    let active = |of| registry.snapshot().value("workers_active", &[("worker", of)]).unwrap();
    let share = || mail.signals().saturation().unwrap().share(&registry.snapshot());
    let (first, second) = (mail.task("send_mail").track(), mail.task("clean_up").track());
    let third = reports.task("send_mail").track();
    assert_eq!((active("mail"), active("reports"), share()), (2.0, 1.0, Some(0.5)));
    first.complete();
    drop(second);
    assert_eq!((active("mail"), active("reports"), share()), (0.0, 1.0, Some(0.0)));
    third.complete();
    assert_eq!(reports.signals().saturation().unwrap().limit(), &Limit::Unknown);
    assert_eq!(registry.snapshot().value("workers_max", &[("worker", "mail")]), Some(4.0));
    assert_eq!(registry.snapshot().value("workers_max", &[("worker", "reports")]), None);
}

#[test]
fn counters_exist_with_the_task_and_names_are_bounded() {
    let registry = Registry::new();
    let worker = worker(&registry, WorkerNames::classic());
    let value = |name: &str, task| registry.snapshot().value(name, &[("task", task), ("worker", "mail")]);
    let _ = worker.task("send_mail");
    assert_eq!(value("task_retries_total", "send_mail"), Some(0.0));
    assert_eq!(value("task_creations_total", "send_mail"), Some(0.0));
    worker.retried("send_mail");
    worker.created("send_mail");
    worker.created("send_mail");
    assert_eq!(value("task_retries_total", "send_mail"), Some(1.0));
    assert_eq!(value("task_creations_total", "send_mail"), Some(2.0));
    for task in 0..300 {
        worker.retried(&task.to_string());
    }
    assert_eq!(value("task_retries_total", "_overflow"), Some(101.0));
    assert_eq!(value("task_retries_total", "299"), None);
}

#[test]
fn celerys_names_have_celerys_states() {
    let registry = Registry::new();
    let worker = worker(&registry, WorkerNames::celery());
    run_all(&worker);
    worker.retried("send_mail");
    let snapshot = registry.snapshot();
    for (state, tasks) in [("SUCCESS", 1.0), ("FAILURE", 3.0), ("REVOKED", 1.0), ("REJECTED", 1.0)] {
        let labels = [("state", state), ("task", "send_mail")];
        assert_eq!(snapshot.value("celery_tasks_total", &labels), Some(tasks), "{state}");
    }
    let task = [("task", "send_mail")];
    assert_eq!(snapshot.series("celery_task_duration_seconds", &task).unwrap().number(), 6.0);
    assert_eq!(snapshot.value("celery_task_retries_total", &task), Some(1.0));
    assert_eq!(snapshot.value("celery_workers_active", &[]), Some(0.0));
    assert_eq!(snapshot.value("celery_workers_max", &[]), Some(4.0));
    let descriptors = registry.descriptors();
    let tasks = descriptors.iter().find(|descriptor| descriptor.name() == "celery_tasks_total").unwrap();
    let states: Vec<_> = tasks.label_values("state").collect();
    assert_eq!(states, ["SUCCESS", "FAILURE", "REVOKED", "REJECTED"]);
}

#[test]
fn outcomes_can_be_counted_by_metrics_of_their_own() {
    let registry = Registry::new();
    let worker = worker(&registry, WorkerNames::by_outcome());
    let start = registry.snapshot();
    for name in ["tasks_created_total", "task_retries_total", "tasks_completed_total", "tasks_failed_total"] {
        assert_eq!(start.value(name, &[]), Some(0.0), "{name}");
    }
    assert_eq!(start.value("task_errors_total", &[("kind", "other")]), Some(0.0));
    run_all(&worker);
    worker.created("send_mail");
    let snapshot = registry.snapshot();
    for (name, value) in [
        ("tasks_created_total", 1.0),
        ("tasks_completed_total", 1.0),
        ("tasks_failed_total", 5.0),
        ("task_retries_total", 0.0),
        ("workers_active", 0.0),
        ("workers_max", 4.0),
    ] {
        assert_eq!(snapshot.value(name, &[]), Some(value), "{name}");
    }
    assert_eq!(snapshot.series("task_processing_seconds", &[]).unwrap().number(), 6.0);
    let signals = worker.signals();
    assert_eq!(signals.traffic().unwrap().sum(&snapshot), 6.0, "a histogram stands for its count");
    assert_eq!(signals.errors().unwrap().sum(&snapshot), 4.0, "an abort is no error");
}

#[test]
fn a_subsystems_names_begin_with_it() {
    let registry = Registry::new();
    let names = WorkerNames::subsystem("self_improvement");
    let worker = Worker::builder("learner").registry(&registry).namespace("aetherra").names(names).max(2);
    let worker = worker.build().unwrap();
    let running = worker.task("retrain").track();
    run_all(&worker);
    let snapshot = registry.snapshot();
    let value = |suffix: &str, labels: &[(&str, &str)]| {
        snapshot.value(&format!("aetherra_self_improvement_{suffix}"), labels).unwrap()
    };
    assert_eq!(["success", "error"].map(|status| value("tasks_total", &[("status", status)])), [1.0, 5.0]);
    assert_eq!((value("active_tasks", &[]), value("max_tasks", &[])), (1.0, 2.0));
    let duration = snapshot.family("aetherra_self_improvement_task_duration").unwrap();
    assert_eq!((duration.series()[0].number(), duration.help()), (6.0, "Duration of tasks, in seconds."));
    assert_eq!(worker.signals().saturation().unwrap().share(&snapshot), Some(0.5));
    running.complete();
}

#[test]
fn the_golden_signals_of_a_worker_are_its_own() {
    let registry = Registry::new();
    let mail = worker(&registry, WorkerNames::classic());
    let reports = Worker::builder("reports").registry(&registry).build().unwrap();
    run_all(&mail);
    reports.task("monthly").run_infallible(|| ());
    let now = registry.snapshot();
    let [first, second] = <[GoldenSignals; 2]>::try_from(GoldenSignals::of(&registry)).unwrap();
    assert_eq!((first.kind(), first.name(), second.name()), ("worker", "mail", "reports"));
    assert_eq!([&first, &second].map(|of| of.traffic().unwrap().sum(&now)), [6.0, 1.0]);
    assert_eq!([&first, &second].map(|of| of.errors().unwrap().sum(&now)), [4.0, 0.0]);
    assert_eq!([&first, &second].map(|of| of.latency().unwrap().sum(&now)), [6.0, 1.0]);
    let duration = first.latency().unwrap().descriptor(&registry).unwrap();
    assert!(duration.buckets().unwrap().contains(&60.0), "a minute is an objective");
}
