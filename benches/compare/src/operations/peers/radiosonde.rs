//! `Operation` and `#[observe]`: metrics alone, and with a span and a line.

use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_metrics::Registry;
use radiosonde_signals::Operation;
use radiosonde_trace::{Sampler, TracePipeline};
use tracing::dispatcher::{self, Dispatch};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::harness::Contender;
use crate::sinks::{Lines, Spans};
use crate::work::{ASYNC_ERROR, ASYNC_OK, NoPrice, SYNC_ERROR, SYNC_OK, price, ready};

#[radiosonde_signals::observe]
fn price_order(quantity: u64, fails: bool) -> Result<u64, NoPrice> {
    price(quantity, fails)
}

#[radiosonde_signals::observe]
async fn price_order_async(quantity: u64, fails: bool) -> Result<u64, NoPrice> {
    price(quantity, fails)
}

fn new_operation() -> Operation {
    Operation::in_registry(&Registry::new(), "price_order").unwrap()
}

pub fn operation(name: &'static str) -> Contender {
    let [a, b, c, d] = [(); 4].map(|()| new_operation());
    Contender::new(name)
        .case(SYNC_OK, move |n| drop(a.run(|| price(n, false))))
        .case(SYNC_ERROR, move |n| drop(b.run(|| price(n, true))))
        .case(ASYNC_OK, move |n| drop(ready(c.run_async(async { price(n, false) }))))
        .case(ASYNC_ERROR, move |n| drop(ready(d.run_async(async { price(n, true) }))))
}

pub fn observed() -> Contender {
    Contender::new("radiosonde, #[observe]")
        .case(SYNC_OK, |n| drop(price_order(n, false)))
        .case(SYNC_ERROR, |n| drop(price_order(n, true)))
        .case(ASYNC_OK, |n| drop(ready(price_order_async(n, false))))
        .case(ASYNC_ERROR, |n| drop(ready(price_order_async(n, true))))
}

/// An operation in a process whose subscriber has these layers.
pub fn with(name: &'static str, has_spans: bool, has_lines: bool) -> Contender {
    let spans = has_spans.then(|| {
        let pipeline = TracePipeline::builder(&Resource::new("compare"))
            .registry(&Registry::new())
            .sampler(Sampler::always_on())
            .sink(Spans)
            .build()
            .unwrap();
        // The pipeline lives as long as the process, as in an application.
        Box::leak(Box::new(pipeline)).layer()
    });
    let lines = has_lines.then(|| {
        let layer = JsonLayer::builder(&Resource::new("compare")).format(Format::Json);
        layer.writer(Writer::new("null", Lines)).build().unwrap()
    });
    // Calls that succeed have a line at DEBUG.
    let level = match (has_spans, has_lines) {
        (false, false) => LevelFilter::OFF,
        (_, true) => LevelFilter::DEBUG,
        (_, false) => LevelFilter::INFO,
    };
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(spans).with(lines).with(level));
    let cases: [(&'static str, fn(&Operation, u64)); 4] = [
        (SYNC_OK, |operation, n| drop(operation.run(|| price(n, false)))),
        (SYNC_ERROR, |operation, n| drop(operation.run(|| price(n, true)))),
        (ASYNC_OK, |operation, n| drop(ready(operation.run_async(async { price(n, false) })))),
        (ASYNC_ERROR, |operation, n| drop(ready(operation.run_async(async { price(n, true) })))),
    ];
    cases.into_iter().fold(Contender::new(name), |contender, (case, call)| {
        let (dispatch, operation) = (dispatch.clone(), new_operation());
        let run = move |times| {
            dispatcher::with_default(&dispatch, || (0..times).for_each(|n| call(&operation, n)));
        };
        contender.batch(case, run, || ())
    })
}
