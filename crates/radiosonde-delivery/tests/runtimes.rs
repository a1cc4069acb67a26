//! Whatever runtime the application has, or none.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::sync::Arc;
use std::time::Duration;

use plain::{DEADLINE, HOUR, HttpOptions, MS, Plain, delivery, patient, push, quick};
use radiosonde_delivery::{Delivery, Queue};
use radiosonde_testkit::{HttpFake, Reaction};

const ALL_DELIVERED: &str = "x: 3 produced, 3 delivered, 0 dropped, 0 left";

fn set_up() -> (HttpFake, Delivery, Queue<String>) {
    let fake = HttpFake::start([Reaction::status(500), Reaction::status(204)]);
    let (delivery, _) = delivery();
    let queue =
        delivery.sink(patient("x").batch_items(2), &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
    (fake, delivery, queue)
}

#[test]
fn without_a_runtime() {
    let (_fake, delivery, queue) = set_up();
    push(&queue, &["a", "b", "c"]);
    assert_eq!(delivery.shutdown_blocking(DEADLINE).to_string(), ALL_DELIVERED);
}

#[test]
fn the_future_needs_no_runtime_either() {
    let (_fake, delivery, queue) = set_up();
    push(&queue, &["a", "b", "c"]);
    let report = std::pin::pin!(delivery.shutdown(DEADLINE));
    assert_eq!(park_on(report).to_string(), ALL_DELIVERED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_multi_thread_runtime() {
    let (_fake, delivery, queue) = set_up();
    let from_a_task = queue.clone();
    tokio::spawn(async move { push(&from_a_task, &["a"]) }).await.unwrap();
    push(&queue, &["b", "c"]);
    assert!(delivery.flush(DEADLINE).await);
    assert_eq!(delivery.shutdown(DEADLINE).await.to_string(), ALL_DELIVERED);
}

#[tokio::test(flavor = "current_thread")]
async fn on_a_current_thread_runtime() {
    let (_fake, delivery, queue) = set_up();
    push(&queue, &["a", "b", "c"]);
    assert!(delivery.flush(DEADLINE).await);
    assert_eq!(delivery.shutdown(DEADLINE).await.to_string(), ALL_DELIVERED);
}

#[tokio::test(flavor = "current_thread")]
async fn blocking_the_only_thread_of_a_runtime_does_not_block_delivery() {
    let (_fake, delivery, queue) = set_up();
    push(&queue, &["a", "b", "c"]);
    assert_eq!(delivery.shutdown_blocking(DEADLINE).to_string(), ALL_DELIVERED);
}

#[tokio::test(start_paused = true)]
async fn a_runtime_whose_time_is_ahead_does_not_move_the_deadline() {
    let fake = HttpFake::start([Reaction::hang()]);
    let (delivery, _) = delivery();
    let queue = delivery
        .sink(quick("x").timeout(Duration::from_secs(600)), &HttpOptions::new(), Plain::at(&fake.url()))
        .unwrap();
    push(&queue, &["a"]);
    fake.wait_for(1, DEADLINE).unwrap();
    tokio::time::advance(HOUR).await;
    let report = delivery.shutdown(MS * 50);
    let thread = std::thread::spawn(move || park_on(std::pin::pin!(report)));
    until(|| thread.is_finished());
    assert_eq!(thread.join().unwrap().to_string(), "x: 1 produced, 0 delivered, 0 dropped, 1 left");
}

#[test]
fn a_future_moves_between_threads_and_may_be_dropped() {
    let (_fake, delivery, queue) = set_up();
    push(&queue, &["a", "b", "c"]);
    drop(delivery.shutdown(DEADLINE));
    let again = delivery.shutdown(Duration::ZERO);
    let thread = std::thread::spawn(move || park_on(std::pin::pin!(again)));
    assert_eq!(thread.join().unwrap().to_string(), ALL_DELIVERED);
}

#[test]
fn dropping_the_last_handle_sends_queued_items_and_closes_the_queue() {
    let (fake, delivery, queue) = set_up();
    push(&queue, &["a", "b"]);
    fake.wait_for(2, DEADLINE).unwrap();
    push(&queue, &["c"]);
    drop(delivery);
    let seen = fake.wait_for(3, DEADLINE).unwrap();
    assert_eq!(seen[2].body(), b"c");
    until(|| queue.push("late".into(), 4).is_err_and(|dropped| dropped.reason() == "shutdown"));
}

#[test]
fn dropping_the_last_handle_beside_a_backend_that_hangs_ends_too() {
    let fake = HttpFake::start([Reaction::hang()]);
    let (delivery, _) = delivery();
    // The thread's task owns the backend, and the backend this.
    let owned = Arc::new(());
    let task = Arc::downgrade(&owned);
    let protocol = Plain::at(&fake.url()).on_classify(move || drop(Arc::clone(&owned)));
    let queue =
        delivery.sink(quick("x").timeout(Duration::from_secs(600)), &HttpOptions::new(), protocol).unwrap();
    push(&queue, &["a"]);
    fake.wait_for(1, DEADLINE).unwrap();
    drop(delivery);
    until(|| task.strong_count() == 0);
    assert_eq!(queue.push("late".into(), 4).unwrap_err().reason(), "shutdown");
    assert_eq!(queue.report().to_string(), "x: 2 produced, 0 delivered, 1 dropped (shutdown 1), 1 left");
}

/// Waits on a future with nothing but the standard library.
fn park_on<F: Future>(mut future: std::pin::Pin<&mut F>) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => return value,
            std::task::Poll::Pending => std::thread::park_timeout(DEADLINE),
        }
    }
}

/// Polls a condition that other threads make true.
fn until(condition: impl Fn() -> bool) {
    let mut polls = 0_u32;
    while !condition() {
        polls += 1;
        assert!(polls < 20_000, "the condition did not come true");
        std::thread::park_timeout(MS);
    }
}
