//! Observed work allocates nothing per poll or item.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_util::stream::{self, Stream, StreamExt as _};
use radiosonde_signals::observe;
use radiosonde_testkit::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[observe(fields(step))]
async fn pending(step: u32) -> Result<(), String> {
    poll_fn(|_| Poll::<()>::Pending).await;
    assert!(step > 0, "never ready");
    Ok(())
}

#[observe(fields(from), err = failed)]
fn numbers(from: u64) -> impl Stream<Item = Result<u64, String>> {
    stream::iter(from..).map(Ok)
}

fn failed(_: &String) {}

#[test]
fn polls_and_items_allocate_nothing() {
    tracing::subscriber::with_default(tracing_subscriber::registry(), || {
        let mut cx = Context::from_waker(Waker::noop());
        let mut future = pin!(pending(1));
        let per_poll = CountingAllocator::per_call(|| assert!(future.as_mut().poll(&mut cx).is_pending()));
        assert_eq!(per_poll, 0.0);
        let mut stream = pin!(numbers(1));
        let per_item = CountingAllocator::per_call(|| assert!(stream.as_mut().poll_next(&mut cx).is_ready()));
        assert_eq!(per_item, 0.0);
    });
}
