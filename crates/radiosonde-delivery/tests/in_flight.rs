//! Several batches of one sink in flight at the same time.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::sync::mpsc;
use std::time::Duration;

use plain::{DEADLINE, HOUR, HttpOptions, MS, Plain, delivery, patient, push};
use radiosonde_delivery::{Queue, Retry, SinkOptions};
use radiosonde_testkit::{HttpFake, Reaction, RecordedRequest};

/// One item a request, so that each item is a batch.
fn single(requests: usize) -> SinkOptions {
    patient("x").batch_items(1).max_in_flight(requests)
}

fn bodies(requests: &[RecordedRequest]) -> Vec<String> {
    let mut bodies: Vec<_> =
        requests.iter().map(|request| String::from_utf8(request.body().to_vec()).unwrap()).collect();
    bodies.sort();
    bodies
}

fn push_all(queue: &Queue<String>, count: usize) {
    for at in 0..count {
        push(queue, &[&format!("{at:03}")]);
    }
}

#[test]
fn a_slow_response_does_not_hold_up_the_next_batches() {
    let fake = HttpFake::answering(|request| match request.body() {
        b"slow" => Reaction::hang(),
        _ => Reaction::status(204),
    });
    let (delivery, _) = delivery();
    let queue = delivery.sink(single(2), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["slow", "a", "b", "c"]);
    assert_eq!(bodies(&fake.wait_for(4, DEADLINE).unwrap()), ["a", "b", "c", "slow"]);
    assert!(!queue.flush_blocking(MS * 20), "one is in flight");
    assert_eq!(queue.report().left(), 1);
    drop(fake);
    let report = delivery.shutdown_blocking(MS * 50);
    assert_eq!((report.produced(), report.delivered(), report.left()), (4, 3, 1));
}

#[test]
fn no_more_requests_than_the_limit_are_in_flight() {
    let fake = HttpFake::start([Reaction::hang()]);
    let (delivery, _) = delivery();
    let queue = delivery.sink(single(3), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push_all(&queue, 10);
    assert_eq!(bodies(&fake.wait_for(3, DEADLINE).unwrap()), ["000", "001", "002"]);
    assert!(fake.wait_for(4, MS * 50).is_err());
    let report = delivery.shutdown_blocking(Duration::ZERO);
    assert_eq!(report.to_string(), "x: 10 produced, 0 delivered, 0 dropped, 10 left");
}

#[test]
fn each_item_is_settled_once_among_retries_splits_and_refusals() {
    let fake = HttpFake::answering(|request| match kind_of(request) {
        0 => Reaction::status(503),
        1 => Reaction::status(413),
        2 => Reaction::status(400),
        _ => Reaction::status(204).after(MS),
    });
    let (delivery, _) = delivery();
    let options = patient("x").batch_items(7).max_in_flight(4);
    let queue = delivery.sink(options, &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push_all(&queue, 500);
    assert!(queue.flush_blocking(DEADLINE));
    let report = queue.report();
    assert_eq!((report.produced(), report.left()), (500, 0), "{report}");
    assert_eq!(report.delivered() + report.dropped(), 500, "{report}");
    assert!(report.delivered() > 0 && report.dropped_for("refused") > 0, "{report}");
    assert_eq!(delivery.shutdown_blocking(DEADLINE).sinks(), [report]);
}

/// A number that differs from body to body, and not from attempt to attempt, but for the retried ones.
fn kind_of(request: &RecordedRequest) -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
    let lines = request.body().iter().map(|byte| u32::from(*byte)).sum::<u32>();
    // Relaxed: any order of the attempts is a test.
    match lines % 6 {
        0 if ATTEMPTS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => 3,
        number => number,
    }
}

#[test]
fn all_batches_wait_as_long_as_the_server_has_asked_one_of_them_to() {
    let fake = HttpFake::start([Reaction::status(503).header("retry-after", "3600"), Reaction::status(204)]);
    let (delivery, _) = delivery();
    let retry = Retry::new().base(MS).cap(MS).retry_after_cap(MS * 2000);
    let (sender, classified) = mpsc::channel();
    let plain = Plain::at(&fake.url()).on_classify(move || sender.send(()).unwrap());
    let queue = delivery.sink(single(2).retry(retry), &HttpOptions::new(), plain).unwrap();
    push(&queue, &["first"]);
    classified.recv_timeout(DEADLINE).unwrap();
    push(&queue, &["second"]);
    assert!(fake.wait_for(2, MS * 200).is_err());
    assert!(queue.flush_blocking(DEADLINE));
    assert_eq!(bodies(&fake.requests()), ["first", "first", "second"]);
}

#[test]
fn a_batch_is_dropped_when_its_export_timeout_has_passed() {
    for reaction in
        [Reaction::hang(), Reaction::status(503), Reaction::status(503).header("retry-after", "9")]
    {
        let fake = HttpFake::start([reaction]);
        let (delivery, _) = delivery();
        let retry = Retry::new().base(HOUR).cap(HOUR);
        let options = single(1).retry(retry).export_timeout(MS * 30);
        let queue = delivery.sink(options, &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
        push(&queue, &["a"]);
        assert!(queue.flush_blocking(DEADLINE));
        assert_eq!(
            queue.report().to_string(),
            "x: 1 produced, 0 delivered, 1 dropped (export_timeout 1), 0 left"
        );
        // What the server asked for holds for the next batch, and its timeout as well.
        fake.script([Reaction::status(204)]);
        delivery.shutdown_blocking(MS * 10);
    }
}

#[test]
fn shutdown_waits_for_every_batch_in_flight() {
    let fake = HttpFake::answering(|_| Reaction::status(204).after(MS * 20));
    let (delivery, _) = delivery();
    let queue = delivery.sink(single(4), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push_all(&queue, 30);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 30 produced, 30 delivered, 0 dropped, 0 left");
}
