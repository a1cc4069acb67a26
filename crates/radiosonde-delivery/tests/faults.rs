//! Protocols that are slow, gone, or come back.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::sync::Arc;
use std::time::{Duration, Instant};

use plain::{DEADLINE, HOUR, HttpOptions, MS, Plain, counter, delivery, patient, push, quick};
use radiosonde_delivery::{Delivery, Retry};
use radiosonde_metrics::Registry;
use radiosonde_testkit::{HttpFake, ManualClock, Reaction};

#[test]
fn a_storm_of_errors_ends_after_the_last_attempt() {
    let fake = HttpFake::start([Reaction::status(500)]);
    let (delivery, _) = delivery();
    let options = quick("x").retry(Retry::new().base(MS).cap(MS).max_attempts(4));
    let queue = delivery.sink(options, &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(fake.requests().len(), 4);
    assert_eq!(report.to_string(), "x: 1 produced, 0 delivered, 1 dropped (retries_exhausted 1), 0 left");
}

#[test]
fn a_batch_that_is_too_old_is_dropped() {
    let fake = HttpFake::start([Reaction::status(500), Reaction::status(500), Reaction::status(204)]);
    let clock = ManualClock::new();
    let delivery =
        Delivery::builder().registry(&Registry::new()).clock(Arc::new(clock.clone())).start().unwrap();
    let options = quick("x").retry(Retry::new().base(MS).cap(MS).max_age(Duration::from_secs(60)));
    let protocol = Plain::at(&fake.url()).on_classify(move || clock.advance(Duration::from_secs(30)));
    let queue = delivery.sink(options, &HttpOptions::new(), protocol).unwrap();
    push(&queue, &["a"]);
    fake.wait_for(2, DEADLINE).unwrap();
    push(&queue, &["b"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(fake.requests().len(), 3);
    assert_eq!(report.to_string(), "x: 2 produced, 1 delivered, 1 dropped (retries_exhausted 1), 0 left");
}

#[test]
fn a_retry_after_is_honoured_up_to_its_cap() {
    let fake = HttpFake::start([Reaction::status(429).header("retry-after", "3600"), Reaction::status(204)]);
    let (delivery, _) = delivery();
    let retry = Retry::new().base(MS).cap(MS).retry_after_cap(MS * 80);
    let queue = delivery.sink(quick("x").retry(retry), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a"]);
    fake.wait_for(1, DEADLINE).unwrap();
    let asked = now();
    fake.wait_for(2, DEADLINE).unwrap();
    // The first request was seen a moment before the clock was read.
    assert!(asked.elapsed() >= MS * 60, "{:?}", asked.elapsed());
}

#[test]
fn missing_and_incomplete_responses_are_retried() {
    let fake =
        HttpFake::start([Reaction::hang(), Reaction::close(), Reaction::refuse(), Reaction::status(204)]);
    let (delivery, _) = delivery();
    let queue =
        delivery.sink(quick("x").timeout(MS * 100), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a"]);
    fake.wait_for(3, DEADLINE).unwrap();
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 1 produced, 1 delivered, 0 dropped, 0 left");
    assert_eq!(fake.requests().len(), 3, "a refused connection carries no request");
}

#[test]
fn an_accepted_batch_with_an_incomplete_response_is_not_sent_again() {
    let fake = HttpFake::start([Reaction::status(200).header("content-length", "100").body("0")]);
    let (delivery, _) = delivery();
    let queue = delivery.sink(quick("x"), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 1 produced, 1 delivered, 0 dropped, 0 left");
    assert_eq!(fake.requests().len(), 1);
}

#[test]
fn a_refused_connection_is_retried_and_then_dropped() {
    let (delivery, _) = delivery();
    let options = quick("x").retry(Retry::new().base(MS).cap(MS).max_attempts(2));
    let queue = delivery.sink(options, &HttpOptions::new(), Plain::at(&HttpFake::nobody())).unwrap();
    push(&queue, &["a"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 1 produced, 0 delivered, 1 dropped (retries_exhausted 1), 0 left");
}

#[test]
fn a_backend_that_recovers_receives_the_queued_items() {
    let mut fake = HttpFake::start([]);
    let addr = fake.addr();
    let (delivery, registry) = delivery();
    let options = quick("x").retry(Retry::new().base(MS).cap(MS * 5).max_attempts(u32::MAX));
    let queue = delivery.sink(options, &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["before"]);
    let until = now() + DEADLINE;
    while queue.report().delivered() == 0 {
        assert!(now() < until, "the first item was not delivered");
        std::thread::yield_now();
    }
    fake.stop();
    push(&queue, &["during"]);
    let until = now() + DEADLINE;
    while counter(&registry, "radiosonde_delivery_retries_total", &[("sink", "x")]) < 3 {
        assert!(now() < until, "no retry was counted");
        std::thread::yield_now();
    }
    let back = HttpFake::start_on(addr, []).unwrap();
    push(&queue, &["after"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    let seen: Vec<_> =
        back.requests().iter().map(|r| String::from_utf8_lossy(r.body()).into_owned()).collect();
    assert_eq!(seen.join("\n"), "during\nafter");
    assert_eq!(report.to_string(), "x: 3 produced, 3 delivered, 0 dropped, 0 left");
}

#[test]
fn a_sink_whose_backend_hangs_does_not_hold_up_another() {
    let hanging = HttpFake::start([Reaction::hang()]);
    let fine = HttpFake::start([]);
    let (delivery, _) = delivery();
    let stuck = delivery
        .sink(
            quick("stuck").timeout(Duration::from_secs(600)),
            &HttpOptions::new(),
            Plain::at(&hanging.url()),
        )
        .unwrap();
    let flowing = delivery.sink(quick("flowing"), &HttpOptions::new(), Plain::at(&fine.url())).unwrap();
    push(&stuck, &["a"]);
    hanging.wait_for(1, DEADLINE).unwrap();
    push(&flowing, &["b"]);
    fine.wait_for(1, DEADLINE).unwrap();
    let report = delivery.shutdown_blocking(MS * 200);
    assert_eq!(
        report.to_string(),
        "stuck: 1 produced, 0 delivered, 0 dropped, 1 left\nflowing: 1 produced, 1 delivered, 0 dropped, 0 left"
    );
}

#[test]
fn a_full_queue_refuses_the_newest_and_counts_what_is_in_flight() {
    let fake = HttpFake::start([Reaction::hang()]);
    let (delivery, registry) = delivery();
    let options = quick("x").max_items(10).batch_items(4).timeout(Duration::from_secs(600));
    let queue = delivery.sink(options, &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["first"]);
    fake.wait_for(1, DEADLINE).unwrap();
    let accepted = (0..100).filter(|n| queue.push(format!("{n}"), 1).is_ok()).count();
    assert_eq!(accepted, 9, "one is in flight");
    assert_eq!(queue.push("more".into(), 1).unwrap_err().reason(), "queue_full");
    let report = delivery.shutdown_blocking(MS * 50);
    assert_eq!(report.to_string(), "x: 102 produced, 0 delivered, 92 dropped (queue_full 92), 10 left");
    let labels = [("sink", "x"), ("reason", "queue_full")];
    assert_eq!(counter(&registry, "radiosonde_delivery_dropped_total", &labels), 92);
}

#[test]
fn memory_stays_bounded_by_bytes_while_the_backend_hangs() {
    const ITEM: usize = 1_000;
    let fake = HttpFake::start([Reaction::hang()]);
    let (delivery, registry) = delivery();
    let options = quick("x").max_bytes(100 * ITEM).batch_bytes(30 * ITEM).timeout(Duration::from_secs(600));
    let queue = delivery.sink(options, &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    let bytes = registry
        .int_gauge("radiosonde_delivery_queue_bytes", "Bytes queued or in flight.")
        .labels(&["sink"])
        .unwrap()
        .handle(&["x"]);
    let mut most = 0;
    for _ in 0..1_000 {
        let _ = queue.push("x".repeat(ITEM), ITEM);
        most = most.max(bytes.value());
    }
    assert_eq!(most, 100 * ITEM as i64);
    let report = delivery.shutdown_blocking(MS * 50);
    assert_eq!(report.to_string(), "x: 1000 produced, 0 delivered, 900 dropped (queue_full 900), 100 left");
}

#[test]
fn shutdown_keeps_its_deadline_and_its_report() {
    let fake = HttpFake::start([Reaction::hang()]);
    let (delivery, registry) = delivery();
    let queue =
        delivery.sink(patient("x").batch_items(2), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a", "b", "c"]);
    fake.wait_for(1, DEADLINE).unwrap();
    let start = now();
    let report = delivery.shutdown_blocking(MS * 50);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(report.to_string(), "x: 3 produced, 0 delivered, 0 dropped, 3 left");
    assert_eq!(queue.push("late".into(), 4).unwrap_err().reason(), "shutdown");
    assert_eq!(delivery.shutdown_blocking(HOUR), report);
    let labels = [("sink", "x"), ("reason", "shutdown")];
    assert_eq!(counter(&registry, "radiosonde_delivery_dropped_total", &labels), 1);
}

#[test]
fn shutdown_shortens_a_long_wait_and_tries_once_more() {
    let fake = HttpFake::start([Reaction::status(500), Reaction::status(500), Reaction::status(204)]);
    let (delivery, _) = delivery();
    let retry = Retry::new().base(HOUR).cap(HOUR).max_age(HOUR * 9);
    let queue = delivery.sink(quick("x").retry(retry), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a"]);
    fake.wait_for(1, DEADLINE).unwrap();
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(fake.requests().len(), 3);
    assert_eq!(report.to_string(), "x: 1 produced, 1 delivered, 0 dropped, 0 left");
}

#[test]
fn shutdown_honours_a_retry_after() {
    let fake = HttpFake::start([Reaction::status(429).header("retry-after", "60"), Reaction::status(204)]);
    let (delivery, _) = delivery();
    let queue = delivery.sink(quick("x"), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a"]);
    fake.wait_for(1, DEADLINE).unwrap();
    let report = delivery.shutdown_blocking(MS * 100);
    assert_eq!(fake.requests().len(), 1);
    assert_eq!(report.to_string(), "x: 1 produced, 0 delivered, 0 dropped, 1 left");
}

#[allow(clippy::disallowed_methods, reason = "these tests are about real time")]
fn now() -> Instant {
    Instant::now()
}
