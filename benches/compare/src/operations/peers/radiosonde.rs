//! `Operation` and `#[observe]`: metrics alone, and with a span and a line.

use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_metrics::Registry;
use radiosonde_signals::Operation;
use radiosonde_trace::{Sampler, TracePipeline};
use tracing::dispatcher::{self, Dispatch};
use tracing::info_span;
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

/// What of an operation is measured.
#[derive(Clone, Copy, PartialEq)]
pub enum Part {
    Metrics,
    /// A span of our layer with the same fields.
    Span,
    /// A line of our layer with the same fields, outside of any span.
    Line,
    All,
}

pub fn parts(name: &'static str, part: Part) -> Contender {
    let spans = matches!(part, Part::Span | Part::All).then(|| {
        let pipeline = TracePipeline::builder(&Resource::new("compare"))
            .registry(&Registry::new())
            .sampler(Sampler::always_on())
            .sink(Spans)
            .build()
            .unwrap();
        // The pipeline lives as long as the process, as in an application.
        Box::leak(Box::new(pipeline)).layer()
    });
    let lines = matches!(part, Part::Line | Part::All).then(|| {
        let layer = JsonLayer::builder(&Resource::new("compare")).format(Format::Json);
        layer.writer(Writer::new("null", Lines)).build().unwrap()
    });
    // Calls that succeed have a line at DEBUG.
    let level = if part == Part::Metrics { LevelFilter::OFF } else { LevelFilter::DEBUG };
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(spans).with(lines).with(level));
    [SYNC_OK, SYNC_ERROR, ASYNC_OK, ASYNC_ERROR].into_iter().fold(Contender::new(name), |contender, case| {
        let (dispatch, operation) = (dispatch.clone(), new_operation());
        let run = move |times| {
            dispatcher::with_default(&dispatch, || (0..times).for_each(|n| run(&operation, part, case, n)));
        };
        contender.batch(case, run, || ())
    })
}

fn run(operation: &Operation, part: Part, case: &str, n: u64) {
    let fails = matches!(case, SYNC_ERROR | ASYNC_ERROR);
    let is_async = matches!(case, ASYNC_OK | ASYNC_ERROR);
    match part {
        Part::Metrics | Part::All if is_async => {
            drop(ready(operation.run_async(async { price(n, fails) })));
        }
        Part::Metrics | Part::All => drop(operation.run(|| price(n, fails))),
        Part::Span => {
            let span = info_span!(
                target: "radiosonde::operation",
                "operation",
                otel.name = "price_order",
                otel.status_code = tracing::field::Empty,
                otel.status_description = tracing::field::Empty,
                operation = "price_order",
            );
            if let Err(error) = span.in_scope(|| price(n, fails)) {
                span.record("otel.status_code", "ERROR");
                span.record("otel.status_description", tracing::field::display(error));
            }
        }
        Part::Line => match price(n, fails) {
            Ok(_) => tracing::debug!(
                target: "radiosonde::operation",
                operation = "price_order",
                outcome = "completed",
                duration_ms = 0.125,
                "price_order completed",
            ),
            Err(error) => tracing::warn!(
                target: "radiosonde::operation",
                operation = "price_order",
                outcome = "failed",
                duration_ms = 0.125,
                error = &error as &(dyn std::error::Error + 'static),
                "price_order failed",
            ),
        },
    }
}
