//! Calls of an operation.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use radiosonde_metrics::Registry;
use radiosonde_signals::{Dependency, Operation};
use radiosonde_trace::Sampler;
use tracing_subscriber::filter::LevelFilter;

use crate::operation::counted_by_callgrind;
use crate::requests::subscribe;

fn price(fails: bool) -> Result<u64, &'static str> {
    if black_box(fails) { Err("the article has no price") } else { Ok(black_box(1200)) }
}

fn operation() -> Operation {
    Operation::in_registry(&Registry::new(), "price_order").expect("an operation of the benches is refused")
}

/// Without a subscriber.
pub(crate) fn metrics(times: u64, fails: bool) {
    let operation = operation();
    let call = || {
        let _ = black_box(operation.run(|| price(fails)));
    };
    call();
    counted_by_callgrind(times, call);
}

pub(crate) fn asynchronous(times: u64) {
    let operation = operation();
    let call = || {
        let future = pin!(operation.run_async(async { price(false) }));
        let polled = future.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Ok(_))), "the work waits for nothing");
    };
    call();
    counted_by_callgrind(times, call);
}

/// The operation is looked up by its name.
pub(crate) fn of_dependency(times: u64) {
    let ledger = Dependency::builder("ledger").registry(&Registry::new()).build();
    let ledger = ledger.expect("a dependency of the benches is refused");
    let call = || {
        let _ = black_box(ledger.call(black_box("balance")).run(|| price(false)));
    };
    call();
    counted_by_callgrind(times, call);
}

/// With a span that is sampled and a line, which is at DEBUG if the call succeeds.
pub(crate) fn signals(times: u64, fails: bool) {
    let _pipeline = subscribe(Some(Sampler::always_on()), true, LevelFilter::DEBUG);
    metrics(times, fails);
}
