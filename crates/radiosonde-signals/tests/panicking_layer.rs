//! A foreign layer that panics at an operation's line while the work's panic unwinds. Without a guard the process aborts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use radiosonde_metrics::Registry;
use radiosonde_signals::Operation;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

struct Panics;

impl<S: Subscriber> Layer<S> for Panics {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        panic!("in a layer");
    }
}

#[test]
fn a_layer_that_panics_while_an_operation_unwinds_aborts_nothing() {
    let registry = Registry::new();
    let operation = Operation::in_registry(&registry, "price_order").unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(Panics), || {
        let work = || operation.run(|| -> Result<(), String> { panic!("in the work") });
        assert!(catch_unwind(AssertUnwindSafe(work)).is_err(), "the work's panic continues");
    });
    let outcome = [("operation", "price_order"), ("outcome", "panicked")];
    assert_eq!(registry.snapshot().sum("operation_calls_total", &outcome), 1.0);
}
