//! The span, the metrics and the line of an operation, whatever becomes of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use radiosonde::Registry;
use radiosonde_core::Resource;
use radiosonde_metrics::snapshot::SnapshotValue;
use radiosonde_signals::{Operation, Record};
use radiosonde_testkit::ManualClock;
use radiosonde_trace::{AttributeValue, CaptureSpans, SpanStatus, TracePipeline};
use tracing_subscriber::layer::SubscriberExt as _;

const TOOK: Duration = Duration::from_millis(1500);

fn check(outcome: &str, description: Option<&str>, end: impl FnOnce(Record<Operation>)) {
    let (registry, clock, spans) = (Registry::new(), ManualClock::new(), CaptureSpans::new());
    let pipeline = TracePipeline::builder(&Resource::new("test"))
        .sink(spans.clone())
        .registry(&Registry::new())
        .events(tracing::level_filters::LevelFilter::DEBUG)
        .build()
        .unwrap();
    let operation =
        Operation::builder("charge").registry(&registry).clock(Arc::new(clock.clone())).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(pipeline.layer());
    tracing::subscriber::with_default(subscriber, || {
        let call = operation.track();
        // A task that was spawned in the span goes on after the call.
        let _task = call.span().clone();
        clock.advance(TOOK);
        let _ = catch_unwind(AssertUnwindSafe(|| end(call)));
        clock.advance(TOOK);
        assert_eq!(spans.spans().len(), 1, "{outcome}: exported when the call ends");
    });
    let spans = spans.spans();
    let [span] = &spans[..] else { panic!("{outcome}: {spans:?}") };
    assert_eq!(span.end.duration_since(span.start).unwrap(), TOOK, "{outcome}");
    let expected = match description {
        Some(description) => SpanStatus::Error { description: description.to_owned().into() },
        None => SpanStatus::Unset,
    };
    assert_eq!(span.status, expected, "{outcome}");
    let line = &span.events[0];
    let attribute =
        |key| line.attributes.iter().find(|attribute| attribute.key == key).map(|found| &found.value);
    assert_eq!(attribute("outcome"), Some(&AttributeValue::String(outcome.to_owned().into())));
    assert_eq!(attribute("duration_ms"), Some(&AttributeValue::F64(1500.0)));

    let snapshot = registry.snapshot();
    assert_eq!(snapshot.sum("operation_calls_total", &[]), 1.0);
    assert_eq!(snapshot.value("operation_calls_total", &[("outcome", outcome)]), Some(1.0));
    assert_eq!(snapshot.value("operation_in_flight", &[]), Some(0.0));
    let duration = snapshot.series("operation_duration_seconds", &[]).unwrap();
    let SnapshotValue::Histogram { sum, exemplars, .. } = duration.value() else { panic!("{duration:?}") };
    assert_eq!((duration.number(), *sum), (1.0, 1.5));
    let exemplars: Vec<_> = exemplars.iter().flatten().collect();
    assert_eq!(exemplars.len(), 1, "{outcome}");
    assert!(format!("{:?}", exemplars[0]).contains(&span.context.trace_id().to_string()));
}

#[test]
fn the_signals_of_an_operation_agree() {
    check("completed", None, Record::complete);
    check("failed", Some("card refused"), |call| call.fail("card refused"));
    check("aborted", None, drop);
    check("panicked", Some(""), |_call| panic!("as meant"));
}

#[derive(radiosonde::ErrorKind)]
enum ChargeError {
    CardDeclined,
    #[error_kind(rename = "provider")]
    Io,
}

#[radiosonde::observe(namespace = "facade", per_operation, buckets = [1.0])]
async fn charge(by: Option<ChargeError>) -> Result<(), ChargeError> {
    by.map_or(Ok(()), Err)
}

#[test]
fn errors_count_by_kind_for_code_that_depends_on_the_facade_alone() {
    fn kinds<E: radiosonde::ErrorKind>() -> &'static [&'static str] {
        E::KINDS
    }
    assert_eq!(kinds::<ChargeError>(), ["card_declined", "provider"]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for by in [None, Some(ChargeError::CardDeclined), Some(ChargeError::Io)] {
        let fails = by.is_some();
        assert_eq!(runtime.block_on(charge(by)).is_err(), fails);
    }
    let snapshot = Registry::global().snapshot();
    let errors = |kind| snapshot.value("facade_charge_errors_total", &[("kind", kind)]);
    assert_eq!(
        [errors("card_declined"), errors("provider"), errors("other")],
        [Some(1.0), Some(1.0), Some(0.0)]
    );
    assert_eq!(snapshot.value("facade_charge_total", &[("status", "error")]), Some(2.0));
}
