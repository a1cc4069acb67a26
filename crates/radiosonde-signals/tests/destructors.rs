//! Values dropped with a call are dropped in its span, so that their lines have the call's ids.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::future::{Future, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use radiosonde_metrics::Registry;
use radiosonde_signals::Operation;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

/// The span of each event of this test.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Option<&'static str>>>>);

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Spans {
    fn on_event(&self, event: &Event<'_>, ctx: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target() == "destructor" {
            self.0.lock().unwrap().push(ctx.event_span(event).map(|span| span.name()));
        }
    }
}

/// A future that writes a line when it is dropped.
struct Loud<F>(F);

impl<F> Drop for Loud<F> {
    fn drop(&mut self) {
        tracing::info!(target: "destructor", "dropped");
    }
}

impl<F: Future + Unpin> Future for Loud<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

struct Panics;

impl Future for Panics {
    type Output = Result<(), String>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        panic!("as meant")
    }
}

#[track_caller]
fn assert_drops_in_span(work: impl Future<Output = Result<(), String>> + Unpin, outcome: &str) {
    let (registry, spans) = (Registry::new(), Spans::default());
    let operation = Operation::in_registry(&registry, "work").unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(spans.clone()), || {
        // Pinned inside the call, so that it is dropped after the panic and not by it.
        let mut call = pin!(operation.run_async(Loud(work)));
        let _ =
            catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(&mut Context::from_waker(Waker::noop()))));
    });
    assert_eq!(*spans.0.lock().unwrap(), [Some("operation")]);
    let calls = |outcome| registry.snapshot().value("operation_calls_total", &[("outcome", outcome)]);
    assert_eq!(calls(outcome), Some(1.0));
    assert_eq!(registry.snapshot().sum("operation_calls_total", &[]), 1.0);
    assert_eq!(registry.snapshot().value("operation_in_flight", &[]), Some(0.0));
}

#[test]
fn work_is_dropped_in_its_span_however_it_ends() {
    assert_drops_in_span(ready(Ok(())), "completed");
    assert_drops_in_span(ready(Err("no".to_owned())), "failed");
    assert_drops_in_span(pending(), "aborted");
    assert_drops_in_span(Panics, "panicked");
}

#[test]
fn work_that_was_never_polled_is_no_call() {
    let registry = Registry::new();
    let operation = Operation::in_registry(&registry, "work").unwrap();
    drop(operation.run_async(ready(Ok::<(), String>(()))));
    assert_eq!(registry.snapshot().sum("operation_calls_total", &[]), 0.0);
}
