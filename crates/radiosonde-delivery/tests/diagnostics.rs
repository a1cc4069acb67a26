//! What leaves through `diagnostics`. A binary of its own, because the hook is global.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::sync::{Mutex, mpsc};

use plain::{DEADLINE, HttpOptions, MS, Plain, delivery, quick};
use radiosonde_core::diagnostics;
use radiosonde_queue::{Overflow, Rank};
use radiosonde_testkit::{HttpFake, Reaction};

static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn dropped_items_are_reported_by_reason() {
    diagnostics::set_hook(|diagnostic| TOLD.lock().unwrap().push(diagnostic.to_string()));
    let (arrive, arrived) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let fake = HttpFake::start([Reaction::status(204), Reaction::status(204)]);
    let (delivery, _registry) = delivery();
    let protocol = Plain::at(&fake.url()).on_classify(move || {
        let _ = arrive.send(());
        let _ = gone.recv();
    });
    let queue = delivery.sink(quick("x").max_items(2), &HttpOptions::new(), protocol).unwrap();
    let push = |overflow| {
        queue.push_or("line".to_owned(), 1, Rank::LOWEST, overflow).map_err(|dropped| dropped.reason())
    };
    assert_eq!(push(Overflow::DropNewest), Ok(()));
    arrived.recv().unwrap();
    assert_eq!(push(Overflow::DropNewest), Ok(()));
    assert_eq!(push(Overflow::DropNewest), Err("queue_full"));
    assert_eq!(push(Overflow::Block(MS)), Err("timeout"));
    assert_eq!(push(Overflow::Block(MS)), Err("timeout"));
    assert_eq!(push(Overflow::DropOldest), Ok(()));
    drop(go);
    assert_eq!(delivery.shutdown_blocking(DEADLINE).delivered(), 2);
    let why = "the backend is slower than the application";
    assert_eq!(
        *TOLD.lock().unwrap(),
        [
            format!("radiosonde: x: queue_full: dropped 1: {why}"),
            format!("radiosonde: x: timeout: dropped 2: {why}"),
            format!("radiosonde: x: evicted: dropped 1: {why}"),
        ]
    );
}
