//! What makes a batch, and what becomes of each answer.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::time::Duration;

use plain::{DEADLINE, HOUR, HttpOptions, MS, Plain, counter, delivery, patient, push, quick};
use radiosonde_delivery::SinkError;
use radiosonde_testkit::{HttpFake, Reaction, RecordedRequest};

fn bodies(requests: &[RecordedRequest]) -> Vec<String> {
    requests.iter().map(|request| String::from_utf8(request.body().to_vec()).unwrap()).collect()
}

#[test]
fn a_batch_is_sent_when_it_has_enough_items() {
    let fake = HttpFake::start([]);
    let (delivery, _) = delivery();
    let queue =
        delivery.sink(patient("x").batch_items(3), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a", "b", "c", "d"]);
    assert_eq!(bodies(&fake.wait_for(1, DEADLINE).unwrap()), ["a\nb\nc"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(bodies(&fake.requests()), ["a\nb\nc", "d"]);
    assert_eq!(report.to_string(), "x: 4 produced, 4 delivered, 0 dropped, 0 left");
}

#[test]
fn a_batch_is_sent_when_it_has_enough_bytes_and_a_larger_item_goes_alone() {
    let fake = HttpFake::start([]);
    let (delivery, _) = delivery();
    let queue =
        delivery.sink(patient("x").batch_bytes(4), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["aa", "bb"]);
    fake.wait_for(1, DEADLINE).unwrap();
    push(&queue, &["larger", "cc", "d"]);
    delivery.shutdown_blocking(DEADLINE);
    assert_eq!(bodies(&fake.requests()), ["aa\nbb", "larger", "cc\nd"]);
}

#[test]
fn a_batch_is_sent_when_it_is_old_enough() {
    let fake = HttpFake::start([]);
    let (delivery, _) = delivery();
    let queue =
        delivery.sink(quick("x").batch_age(MS * 20), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a"]);
    assert_eq!(bodies(&fake.wait_for(1, DEADLINE).unwrap()), ["a"]);
}

#[test]
fn a_flush_sends_a_partial_batch_and_reports_success() {
    let fake = HttpFake::start([]);
    let (delivery, _) = delivery();
    let queue = delivery.sink(patient("x"), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a"]);
    assert!(block_on(delivery.flush(DEADLINE)));
    assert_eq!(bodies(&fake.requests()), ["a"]);
    fake.script([Reaction::hang()]);
    push(&queue, &["b"]);
    assert!(!block_on(delivery.flush(MS * 20)));
}

#[test]
fn a_flush_after_shutdown_ends_too() {
    let (delivery, _) = delivery();
    delivery.sink(patient("x"), &HttpOptions::new(), Plain::at(&HttpFake::nobody())).unwrap();
    delivery.shutdown_blocking(DEADLINE);
    assert!(block_on(delivery.flush(HOUR)));
}

#[test]
fn the_same_request_is_repeated_until_it_is_accepted() {
    let fake = HttpFake::start([Reaction::status(429), Reaction::status(503), Reaction::status(204)]);
    let (delivery, registry) = delivery();
    let queue = delivery
        .sink(quick("x").batch_items(2).batch_age(HOUR), &HttpOptions::new(), Plain::at(&fake.url()))
        .unwrap();
    push(&queue, &["a", "b"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(bodies(&fake.requests()), ["a\nb"; 3]);
    assert_eq!(report.to_string(), "x: 2 produced, 2 delivered, 0 dropped, 0 left");
    let count = |name| counter(&registry, name, &[("sink", "x")]);
    assert_eq!(count("radiosonde_delivery_requests_total"), 3);
    assert_eq!(count("radiosonde_delivery_retries_total"), 2);
    assert_eq!(count("radiosonde_delivery_produced_total"), 2);
    assert_eq!(count("radiosonde_delivery_delivered_total"), 2);
}

#[test]
fn a_refused_batch_is_dropped_and_not_repeated() {
    let fake = HttpFake::start([Reaction::status(400), Reaction::status(204)]);
    let (delivery, registry) = delivery();
    let queue = delivery
        .sink(quick("x").batch_items(2).batch_age(HOUR), &HttpOptions::new(), Plain::at(&fake.url()))
        .unwrap();
    push(&queue, &["a", "b", "c", "d"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(bodies(&fake.requests()), ["a\nb", "c\nd"]);
    assert_eq!(report.to_string(), "x: 4 produced, 2 delivered, 2 dropped (refused 2), 0 left");
    let labels = [("sink", "x"), ("reason", "refused")];
    assert_eq!(counter(&registry, "radiosonde_delivery_dropped_total", &labels), 2);
}

#[test]
fn rejected_items_are_counted_up_to_the_size_of_the_batch() {
    let fake = HttpFake::start([Reaction::status(200).body("1"), Reaction::status(200).body("99")]);
    let (delivery, _) = delivery();
    let queue =
        delivery.sink(patient("x").batch_items(3), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a", "b", "c", "d", "e", "f"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 6 produced, 2 delivered, 4 dropped (partial 4), 0 left");
}

#[test]
fn a_batch_without_accepted_items_is_not_a_success() {
    let fake = HttpFake::start([Reaction::status(200).body("3")]);
    let (delivery, registry) = delivery();
    let queue =
        delivery.sink(patient("x").batch_items(3), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a", "b", "c"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 3 produced, 0 delivered, 3 dropped (partial 3), 0 left");
    let text = registry.text();
    assert!(text.contains("radiosonde_delivery_last_success_timestamp_seconds{sink=\"x\"} 0\n"), "{text}");
}

#[test]
fn a_batch_that_is_too_large_is_halved_in_order_until_it_fits() {
    let fake = HttpFake::answering(|request| {
        let lines = request.body().split(|&byte| byte == b'\n').count();
        let fits = lines <= 2 && !request.body().starts_with(b"huge");
        Reaction::status(if fits { 204 } else { 413 })
    });
    let (delivery, _) = delivery();
    let queue =
        delivery.sink(patient("x").batch_items(7), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a", "b", "c", "d", "e", "huge", "g"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(
        bodies(&fake.requests()),
        ["a\nb\nc\nd\ne\nhuge\ng", "a\nb\nc\nd", "a\nb", "c\nd", "e\nhuge\ng", "e\nhuge", "g"]
    );
    assert_eq!(report.to_string(), "x: 7 produced, 7 delivered, 0 dropped, 0 left");
}

#[test]
fn a_single_item_that_is_too_large_is_dropped() {
    let fake = HttpFake::start([Reaction::status(413)]);
    let (delivery, _) = delivery();
    let queue =
        delivery.sink(patient("x").batch_items(2), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a", "b"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(bodies(&fake.requests()), ["a\nb", "a", "b"]);
    assert_eq!(report.to_string(), "x: 2 produced, 0 delivered, 2 dropped (too_large 2), 0 left");
}

#[test]
fn a_panic_in_the_protocol_drops_only_its_batch() {
    let fake = HttpFake::start([Reaction::status(418), Reaction::status(204)]);
    let (delivery, _) = delivery();
    let queue =
        delivery.sink(patient("x").batch_items(1), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["panics in classify", "panic in encode", "fine"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(bodies(&fake.requests()), ["panics in classify", "fine"]);
    assert_eq!(report.to_string(), "x: 3 produced, 1 delivered, 2 dropped (panic 2), 0 left");
}

#[test]
fn a_batch_that_cannot_be_encoded_is_dropped() {
    let fake = HttpFake::start([]);
    let (delivery, _) = delivery();
    let queue = delivery.sink(quick("x"), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["unspeakable"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 1 produced, 0 delivered, 1 dropped (encode 1), 0 left");
    assert!(fake.requests().is_empty());
}

#[test]
fn an_item_larger_than_the_whole_queue_is_refused() {
    let (delivery, _) = delivery();
    let queue = delivery
        .sink(patient("x").max_bytes(3), &HttpOptions::new(), Plain::at(&HttpFake::nobody()))
        .unwrap();
    assert_eq!(queue.push("four".into(), 4).unwrap_err().reason(), "too_large");
    let dropped = queue.refuse("own_reason");
    assert_eq!(dropped.to_string(), "sink \"x\" dropped an item: own_reason");
    assert_eq!(
        queue.report().to_string(),
        "x: 2 produced, 0 delivered, 2 dropped (too_large 1, own_reason 1), 0 left"
    );
}

#[test]
fn sinks_that_cannot_be_added_are_refused_by_name() {
    let (delivery, _) = delivery();
    let nobody = HttpFake::nobody();
    let add = |options| delivery.sink(options, &HttpOptions::new(), Plain::at(&nobody)).map(drop);
    add(quick("x")).unwrap();
    assert!(matches!(add(quick("x")), Err(SinkError::NameTaken { name: "x" })));
    assert!(matches!(add(quick("y").timeout(Duration::ZERO)), Err(SinkError::Option(_))));
    delivery.shutdown_blocking(DEADLINE);
    assert_eq!(add(quick("z")).unwrap_err().to_string(), "sink \"z\" was added after shutdown");
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn a_protocol_cannot_set_a_header_of_the_transport() {
    let fake = HttpFake::start([]);
    let (delivery, _) = delivery();
    let queue = delivery
        .sink(quick("x"), &HttpOptions::new(), Plain::at(&fake.url()).header("content-length", "3"))
        .unwrap();
    push(&queue, &["longer than that"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 1 produced, 0 delivered, 1 dropped (encode 1), 0 left");
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn a_batch_is_encoded_again_at_most_once() {
    let fake = HttpFake::start([
        Reaction::status(409),
        Reaction::status(503),
        Reaction::status(204),
        Reaction::status(409),
        Reaction::status(409),
    ]);
    let (delivery, _) = delivery();
    let queue =
        delivery.sink(patient("x").batch_items(2), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    push(&queue, &["a", "b", "c", "d"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(bodies(&fake.requests()), ["a\nb", "a\nb", "a\nb", "c\nd", "c\nd"]);
    assert_eq!(report.to_string(), "x: 4 produced, 2 delivered, 2 dropped (refused 2), 0 left");
}
