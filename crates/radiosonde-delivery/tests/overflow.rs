//! What becomes of items for which a queue has no room.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::sync::mpsc;
use std::time::Duration;

use plain::{DEADLINE, HOUR, HttpOptions, MS, Plain, counter, delivery, patient, quick};
use radiosonde_core::Level;
use radiosonde_queue::{Overflow, Rank};
use radiosonde_testkit::{HttpFake, Reaction};

#[test]
fn the_oldest_item_makes_room_and_everything_adds_up() {
    let fake = HttpFake::start([Reaction::status(204)]);
    let (delivery, registry) = delivery();
    let queue =
        delivery.sink(patient("x").max_items(3), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    for line in ["a", "b", "c", "d", "e"] {
        queue.push_or(line.to_owned(), 1, Rank::LOWEST, Overflow::DropOldest).unwrap();
    }
    assert_eq!(queue.push("f".to_owned(), 1).unwrap_err().reason(), "queue_full");
    assert!(queue.flush_blocking(DEADLINE));
    assert_eq!(fake.requests()[0].body(), b"c\nd\ne");
    let dropped = |reason| {
        counter(&registry, "radiosonde_delivery_dropped_total", &[("sink", "x"), ("reason", reason)])
    };
    assert_eq!((dropped("evicted"), dropped("queue_full")), (2, 1));
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 6 produced, 3 delivered, 3 dropped (evicted 2, queue_full 1), 0 left");
}

#[test]
fn a_flush_is_not_over_before_what_was_in_flight_is() {
    let (arrive, arrived) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let fake = HttpFake::start([Reaction::status(204), Reaction::status(204)]);
    let (delivery, _registry) = delivery();
    let protocol = Plain::at(&fake.url()).on_classify(move || {
        arrive.send(()).unwrap();
        let _ = gone.recv();
    });
    let queue = delivery.sink(quick("x").max_items(2), &HttpOptions::new(), protocol).unwrap();
    queue.push("in flight".to_owned(), 1).unwrap();
    arrived.recv().unwrap();
    queue.push("makes room".to_owned(), 1).unwrap();
    // Two are settled early, which does not make up for the one before them.
    queue.push_or("makes room, too".to_owned(), 1, Rank::LOWEST, Overflow::DropOldest).unwrap();
    assert!(!queue.flush_blocking(MS));
    queue.push_or("last".to_owned(), 1, Rank::LOWEST, Overflow::DropOldest).unwrap();
    assert!(!queue.flush_blocking(MS));
    drop(go);
    assert!(queue.flush_blocking(DEADLINE));
    assert_eq!(queue.report().delivered(), 2);
}

#[test]
fn a_thread_waits_for_room_and_times_out_once() {
    let (arrive, arrived) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let fake = HttpFake::start([Reaction::status(204), Reaction::status(204), Reaction::status(204)]);
    let (delivery, _registry) = delivery();
    let protocol = Plain::at(&fake.url()).on_classify(move || {
        let _ = arrive.send(());
        let _ = gone.recv();
    });
    let queue = delivery.sink(quick("x").max_items(1), &HttpOptions::new(), protocol).unwrap();
    queue.push("in flight".to_owned(), 1).unwrap();
    arrived.recv().unwrap();
    let waits = |longest| {
        queue
            .push_or("waits".to_owned(), 1, Rank::LOWEST, Overflow::Block(longest))
            .map_err(|dropped| dropped.reason())
    };
    assert_eq!(waits(MS), Err("timeout"));
    // It would wait for an hour.
    assert_eq!(waits(Duration::from_secs(3600)), Err("timeout"));
    // An eighth of one item, rounded up, and then it waits whatever others did.
    let reserved = |longest| {
        queue
            .push_or("matters".to_owned(), 1, Rank::reserved(Level::Info), Overflow::Block(longest))
            .map_err(|dropped| dropped.reason())
    };
    assert_eq!((reserved(MS), reserved(MS)), (Ok(()), Err("timeout")));
    std::thread::scope(|scope| {
        let patient = scope.spawn(|| reserved(DEADLINE));
        drop(go);
        assert_eq!(patient.join().unwrap(), Ok(()));
    });
    assert!(queue.flush_blocking(DEADLINE));
    assert_eq!(queue.report().delivered(), 3);
}

#[test]
fn the_end_of_the_delivery_ends_the_wait() {
    let fake = HttpFake::start([Reaction::hang()]);
    let (delivery, _registry) = delivery();
    let queue =
        delivery.sink(patient("x").max_items(1), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    queue.push("full".to_owned(), 1).unwrap();
    std::thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let queue = &queue;
        let waits = scope.spawn(move || {
            tell.send(()).unwrap();
            queue.push_or("waits".to_owned(), 1, Rank::LOWEST, Overflow::Block(Duration::from_secs(3600)))
        });
        told.recv().unwrap();
        delivery.shutdown_blocking(MS);
        assert_eq!(waits.join().unwrap().unwrap_err().reason(), "shutdown");
    });
}

#[test]
fn no_flush_waits_after_the_delivery_has_ended() {
    let fake = HttpFake::start([Reaction::hang()]);
    let (delivery, _registry) = delivery();
    let queue = delivery
        .sink(quick("x").timeout(Duration::from_secs(600)), &HttpOptions::new(), Plain::at(&fake.url()))
        .unwrap();
    queue.push("left".to_owned(), 1).unwrap();
    let (tell, told) = mpsc::channel();
    let flush = || {
        let (queue, tell) = (queue.clone(), tell.clone());
        std::thread::spawn(move || tell.send(queue.flush_blocking(HOUR)));
    };
    // One before the end, or beside it, and one after it.
    flush();
    assert_eq!(delivery.shutdown_blocking(MS).left(), 1);
    flush();
    assert_eq!((told.recv_timeout(DEADLINE), told.recv_timeout(DEADLINE)), (Ok(false), Ok(false)));
}

#[test]
fn items_of_higher_rank_and_reserved_ones_are_not_evicted() {
    let fake = HttpFake::start([Reaction::status(204)]);
    let (delivery, _registry) = delivery();
    let queue =
        delivery.sink(patient("x").max_items(4), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    queue.push_or("audit".to_owned(), 1, Rank::reserved(Level::Info), Overflow::Block(MS)).unwrap();
    let push = |line: &str, level| {
        queue.push_or(line.to_owned(), 1, level, Overflow::DropOldest).map_err(|dropped| dropped.reason())
    };
    assert_eq!(push("fatal", Level::Fatal), Ok(()));
    assert_eq!(push("info 1", Level::Info), Ok(()));
    assert_eq!(push("error", Level::Error), Ok(()));
    assert_eq!(push("info 2", Level::Info), Ok(()), "the first one goes");
    assert_eq!(push("debug", Level::Debug), Err("queue_full"));
    assert_eq!(push("warn", Level::Warn), Ok(()), "the second one goes");
    assert_eq!(push("info 3", Level::Info), Err("queue_full"));
    assert_eq!(
        queue.push_or("plain".to_owned(), 1, Rank::LOWEST, Overflow::DropOldest).unwrap_err().reason(),
        "queue_full"
    );
    assert!(queue.flush_blocking(DEADLINE));
    assert_eq!(fake.requests()[0].body(), b"audit\nfatal\nerror\nwarn");
    assert_eq!(
        queue.report().to_string(),
        "x: 9 produced, 4 delivered, 5 dropped (evicted 2, queue_full 3), 0 left"
    );
}

#[test]
fn nothing_is_evicted_for_an_item_that_would_not_fit_anyway() {
    let (arrive, arrived) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let fake = HttpFake::start([Reaction::status(204)]);
    let (delivery, _registry) = delivery();
    let protocol = Plain::at(&fake.url()).on_classify(move || {
        let _ = arrive.send(());
        let _ = gone.recv();
    });
    let queue = delivery.sink(quick("x").max_bytes(100), &HttpOptions::new(), protocol).unwrap();
    let push = |line: &str, size| {
        queue
            .push_or(line.to_owned(), size, Rank::LOWEST, Overflow::DropOldest)
            .map_err(|dropped| dropped.reason())
    };
    assert_eq!(push("in flight", 50), Ok(()));
    arrived.recv().unwrap();
    assert_eq!(push("queued", 50), Ok(()));
    assert_eq!(push("large", 51), Err("queue_full"));
    assert_eq!(queue.report().left(), 2);
    assert_eq!(push("makes it go", 50), Ok(()));
    drop(go);
    assert_eq!(
        delivery.shutdown_blocking(DEADLINE).to_string(),
        "x: 4 produced, 2 delivered, 2 dropped (queue_full 1, evicted 1), 0 left"
    );
}
