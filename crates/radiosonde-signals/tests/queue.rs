//! The golden signals of a queue.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use radiosonde_metrics::Registry;
use radiosonde_signals::{GoldenSignals, Limit, Queue, QueueRefusal, QueueState};
use radiosonde_testkit::ManualClock;

struct Mail {
    registry: Registry,
    clock: ManualClock,
    queue: Queue,
}

impl Mail {
    fn new() -> Self {
        let (registry, clock) = (Registry::new(), ManualClock::new());
        clock.advance(Duration::from_secs(3600));
        let queue =
            Queue::builder("mail").registry(&registry).clock(Arc::new(clock.clone())).build().unwrap();
        Self { registry, clock, queue }
    }

    fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn value(&self, name: &str) -> Option<f64> {
        self.registry.snapshot().value(name, &[("queue", "mail")])
    }

    fn result(&self, result: &str) -> f64 {
        let labels = [("queue", "mail"), ("result", result)];
        self.registry.snapshot().value("queue_messages_total", &labels).unwrap()
    }

    /// Depth, lag, messages received, waits, and the sum of the waits.
    fn state(&self) -> [f64; 5] {
        let of = |name| self.value(name).unwrap();
        let snapshot = self.registry.snapshot();
        let waits = snapshot.series("queue_wait_seconds", &[("queue", "mail")]).unwrap();
        let received = waits.number();
        [of("queue_depth"), of("queue_lag_seconds"), self.result("received"), received, waits.value().sum()]
    }

    fn errors(&self) -> [f64; 4] {
        ["full", "closed", "cancelled", "dropped"].map(|result| self.result(result))
    }

    /// The share of the traffic that failed.
    fn error_ratio(&self) -> f64 {
        let (signals, now) = (self.queue.signals(), self.registry.snapshot());
        signals.errors().unwrap().sum(&now) / signals.traffic().unwrap().sum(&now)
    }
}

#[test]
fn depth_wait_and_lag_follow_the_messages() {
    let mail = Mail::new();
    assert_eq!(mail.state(), [0.0; 5]);
    let first = mail.queue.enqueue();
    mail.wait(10);
    let second = mail.queue.enqueue();
    assert_eq!(mail.state(), [2.0, 10.0, 0.0, 0.0, 0.0]);
    mail.wait(5);
    assert_eq!(first.received(), Duration::from_secs(15));
    // At most too large by the time between the two.
    assert_eq!(mail.state(), [1.0, 15.0, 1.0, 1.0, 15.0]);
    assert_eq!(second.received(), Duration::from_secs(5));
    assert_eq!(mail.state(), [0.0, 0.0, 2.0, 2.0, 20.0]);
    mail.wait(1000);
    assert_eq!(mail.state()[1], 0.0, "an empty queue has no lag");
    let _third = mail.queue.enqueue();
    mail.wait(1);
    assert_eq!(mail.state(), [1.0, 1.0, 2.0, 2.0, 20.0], "not that of before");
}

#[test]
fn the_lag_of_a_queue_that_is_never_empty_does_not_grow_for_ever() {
    let mail = Mail::new();
    let mut oldest = mail.queue.enqueue();
    for _ in 0..10 {
        mail.wait(10);
        let next = mail.queue.enqueue();
        oldest.received();
        oldest = next;
        assert_eq!(mail.state()[1], 10.0, "that of the message before the oldest");
    }
    drop(oldest);
}

#[test]
fn a_message_that_waits_for_its_place_is_not_in_the_queue() {
    let mail = Mail::new();
    let mut waiting = mail.queue.arrive();
    mail.wait(3);
    assert_eq!(mail.state(), [0.0; 5]);
    waiting.enter();
    waiting.enter();
    assert_eq!(mail.state(), [1.0, 3.0, 0.0, 0.0, 0.0]);
    mail.wait(1);
    assert_eq!(waiting.received(), Duration::from_secs(4));
    assert_eq!(mail.state(), [0.0, 0.0, 1.0, 1.0, 4.0]);
    assert_eq!(mail.errors(), [0.0; 4]);
    mail.queue.arrive().received();
    assert_eq!(mail.state(), [0.0, 0.0, 2.0, 2.0, 4.0], "it was inside for a moment");
}

#[test]
fn messages_that_are_not_received_are_errors_by_result() {
    let mail = Mail::new();
    drop(mail.queue.enqueue());
    assert_eq!(mail.errors(), [0.0, 0.0, 0.0, 1.0]);
    assert_eq!(mail.state(), [0.0; 5], "it leaves, and was not received");
    mail.queue.refused(QueueRefusal::Full);
    mail.queue.arrive().refused(QueueRefusal::Full);
    mail.queue.refused(QueueRefusal::Closed);
    drop(mail.queue.arrive());
    assert_eq!(mail.errors(), [2.0, 1.0, 1.0, 1.0]);
    mail.queue.enqueue().refused(QueueRefusal::Closed);
    assert_eq!((mail.state(), mail.errors()), ([0.0; 5], [2.0, 2.0, 1.0, 1.0]), "it came back");
    mail.queue.dead_letter();
    assert_eq!(mail.errors(), [2.0, 2.0, 1.0, 1.0], "an error of the worker");
    assert_eq!(mail.value("dead_letters_total"), Some(1.0));
}

#[test]
fn a_queue_that_takes_no_message_has_only_errors() {
    let mail = Mail::new();
    for why in [QueueRefusal::Full, QueueRefusal::Closed] {
        mail.queue.refused(why);
        assert_eq!(mail.error_ratio(), 1.0, "{why:?}");
    }
    drop(mail.queue.arrive());
    drop(mail.queue.enqueue());
    assert_eq!(mail.error_ratio(), 1.0);
    mail.queue.received(Duration::ZERO);
    assert_eq!(mail.error_ratio(), 0.8);
}

#[test]
fn a_queue_that_is_built_again_goes_on() {
    let mail = Mail::new();
    let _first = mail.queue.enqueue();
    mail.wait(7);
    let again = Queue::builder("mail").registry(&mail.registry).capacity(4).build().unwrap();
    assert_eq!(mail.state(), [1.0, 7.0, 0.0, 0.0, 0.0], "not the age of the process");
    let _second = again.enqueue();
    mail.wait(1);
    assert_eq!(mail.state(), [2.0, 8.0, 0.0, 0.0, 0.0]);
    assert_eq!(mail.queue.signals(), again.signals(), "one capacity");
}

#[test]
fn a_queue_elsewhere_is_read_at_each_scrape() {
    let mail = Mail::new();
    mail.queue.received(Duration::from_secs(40));
    mail.queue.watch(|| QueueState { depth: 12, lag: Some(Duration::from_secs(90)) });
    assert_eq!(mail.state(), [12.0, 90.0, 1.0, 1.0, 40.0]);
    let read = Arc::new(());
    let kept = Arc::clone(&read);
    mail.queue.watch(move || QueueState { depth: Arc::strong_count(&kept) as u64, lag: None });
    assert_eq!(mail.value("queue_depth"), Some(2.0));
    assert_eq!(mail.value("queue_lag_seconds"), None, "it is not known");
    mail.queue.watch(|| QueueState { depth: 3, lag: Some(Duration::from_secs(4)) });
    assert_eq!(Arc::strong_count(&read), 1, "the former one is dropped");
    assert_eq!(mail.state(), [3.0, 4.0, 1.0, 1.0, 40.0]);
}

#[test]
fn a_queue_elsewhere_is_read_until_its_last_clone_is_dropped() {
    let registry = Registry::new();
    let queue = Queue::builder("mail").registry(&registry).build().unwrap();
    let read = Arc::new(());
    let kept = Arc::clone(&read);
    let value = |name| registry.snapshot().value(name, &[("queue", "mail")]);
    queue.watch(move || QueueState { depth: Arc::strong_count(&kept) as u64, lag: None });
    let clone = queue.clone();
    drop(queue);
    assert_eq!(value("queue_depth"), Some(2.0));
    drop(clone);
    assert_eq!(Arc::strong_count(&read), 1);
    assert_eq!((value("queue_depth"), value("queue_lag_seconds")), (Some(0.0), Some(0.0)));
}

#[test]
fn the_capacities_of_parts_are_added_while_they_live() {
    let mail = Mail::new();
    let capacity = || mail.value("queue_capacity");
    mail.queue.set_capacity(8);
    let first = mail.queue.add_capacity(10);
    assert_eq!(capacity(), Some(10.0), "in place of what was set");
    let second = mail.queue.add_capacity(20);
    assert_eq!(capacity(), Some(30.0));
    mail.queue.set_capacity(9);
    drop(first);
    assert_eq!(capacity(), Some(20.0));
    drop(second);
    assert_eq!(capacity(), Some(9.0));
}

#[test]
fn saturation_is_unknown_until_the_capacity_is_set() {
    let mail = Mail::new();
    let _waiting = [mail.queue.enqueue(), mail.queue.enqueue()];
    let share = || mail.queue.signals().saturation().unwrap().share(&mail.registry.snapshot());
    assert_eq!((share(), mail.value("queue_capacity")), (None, None));
    assert_eq!(GoldenSignals::of(&mail.registry)[0].saturation().unwrap().limit(), &Limit::Unknown);
    mail.queue.set_capacity(8);
    assert_eq!((share(), mail.value("queue_capacity")), (Some(0.25), Some(8.0)));
    assert_eq!(&GoldenSignals::of(&mail.registry)[0], mail.queue.signals());
    mail.queue.set_capacity(4);
    assert_eq!(share(), Some(0.5));
    let other = Queue::builder("other").registry(&mail.registry).capacity(10).build().unwrap();
    assert_eq!(other.signals().saturation().unwrap().share(&mail.registry.snapshot()), Some(0.0));
    assert_eq!(share(), Some(0.5), "each queue has its own");
}

#[test]
fn the_golden_signals_of_a_queue_have_their_numbers() {
    let registry = Registry::new();
    let queue = Queue::builder("default").registry(&registry).namespace("celery").build().unwrap();
    let [_first, _second] = [queue.enqueue(), queue.enqueue()];
    queue.enqueue().received();
    queue.dead_letter();
    queue.refused(QueueRefusal::Full);
    let (signals, now) = (queue.signals(), registry.snapshot());
    assert_eq!((signals.kind(), signals.name()), ("queue", "default"));
    assert_eq!(signals.latency().unwrap().metric(), "celery_queue_wait_seconds");
    assert_eq!(signals.latency().unwrap().sum(&now), 1.0);
    assert_eq!(signals.traffic().unwrap().metric(), "celery_queue_messages_total");
    assert_eq!(signals.traffic().unwrap().sum(&now), 2.0);
    assert_eq!(signals.errors().unwrap().sum(&now), 1.0);
    assert_eq!(now.value("celery_queue_depth", &[("queue", "default")]), Some(2.0));
    let errors = signals.errors().unwrap().descriptor(&registry).unwrap();
    let results: Vec<_> = errors.label_values("result").collect();
    assert_eq!(results, ["received", "dropped", "cancelled", "full", "closed"]);
    let waits = signals.latency().unwrap().descriptor(&registry).unwrap();
    assert!(waits.buckets().unwrap().contains(&30.0), "a delay of half a minute is an objective");
}
