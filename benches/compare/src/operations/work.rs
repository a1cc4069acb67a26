//! The work that every contender observes: it parses a number, or fails to.

use std::fmt;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub const SYNC_OK: &str = "sync, ok";
pub const SYNC_ERROR: &str = "sync, error";
pub const ASYNC_OK: &str = "async, ok";
pub const ASYNC_ERROR: &str = "async, error";

/// The bounds of all histograms of durations, in seconds.
pub const BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Why an order has no price.
#[derive(Debug)]
pub struct NoPrice;

impl fmt::Display for NoPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the article has no price")
    }
}

impl std::error::Error for NoPrice {}

/// Prices an order, or fails.
#[inline(never)]
pub fn price(quantity: u64, fails: bool) -> Result<u64, NoPrice> {
    if black_box(fails) { Err(NoPrice) } else { Ok(black_box(quantity) * 1200) }
}

/// The value of a future that is ready at once.
pub fn ready<F: Future>(future: F) -> F::Output {
    let future = pin!(future);
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the work waits for nothing"),
    }
}
