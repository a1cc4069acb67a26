//! `#[tracing::instrument]` with the error as an event, and lines by tracing-subscriber.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::dispatcher::{self, Dispatch};
use tracing::instrument;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::harness::Contender;
use crate::sinks::{Spans, lines};
use crate::work::{ASYNC_ERROR, ASYNC_OK, NoPrice, SYNC_ERROR, SYNC_OK, price, ready};

#[instrument(err)]
fn price_order(quantity: u64, fails: bool) -> Result<u64, NoPrice> {
    price(quantity, fails)
}

#[instrument(err)]
async fn price_order_async(quantity: u64, fails: bool) -> Result<u64, NoPrice> {
    price(quantity, fails)
}

/// One line when the span closes, with its times.
pub fn instrumented(name: &'static str) -> Contender {
    let lines = tracing_subscriber::fmt::layer().json().with_span_events(FmtSpan::CLOSE).with_writer(lines);
    contender(name, Dispatch::new(tracing_subscriber::registry().with(lines).with(LevelFilter::INFO)))
}

/// And the span exported to a counter by the SDK's batch processor.
pub fn instrumented_and_exported(name: &'static str) -> Contender {
    let provider = SdkTracerProvider::builder().with_batch_exporter(Spans).build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("compare"));
    // As in an application, until the process ends.
    std::mem::forget(provider);
    let lines = tracing_subscriber::fmt::layer().json().with_span_events(FmtSpan::CLOSE).with_writer(lines);
    let subscriber = tracing_subscriber::registry().with(spans).with(lines).with(LevelFilter::INFO);
    contender(name, Dispatch::new(subscriber))
}

fn contender(name: &'static str, dispatch: Dispatch) -> Contender {
    let cases: [(&'static str, fn(u64)); 4] = [
        (SYNC_OK, |n| drop(price_order(n, false))),
        (SYNC_ERROR, |n| drop(price_order(n, true))),
        (ASYNC_OK, |n| drop(ready(price_order_async(n, false)))),
        (ASYNC_ERROR, |n| drop(ready(price_order_async(n, true)))),
    ];
    cases.into_iter().fold(Contender::new(name), |contender, (case, op)| {
        let dispatch = dispatch.clone();
        contender.batch(
            case,
            move |times| dispatcher::with_default(&dispatch, || (0..times).for_each(op)),
            || (),
        )
    })
}
