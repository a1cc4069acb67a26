//! `annotate!` without any layer: what it adds to the record of a unit of work, and what is counted.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt;
use std::sync::Arc;

use radiosonde_core::canonical::{CanonicalRecord, CanonicalSlot, MAX_ANNOTATIONS};
use radiosonde_core::{Clock, Outcome, SpanContext};
use radiosonde_metrics::Registry;
use radiosonde_signals::{Ended, Operation, Record, UnitOfWork, annotate, observe};
use radiosonde_testkit::{CountingAllocator, ManualClock, assert_metric};
use tracing::Span;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// A request with a record of its own, which it keeps for the test.
#[derive(Debug, Clone, Default)]
struct Request(Arc<std::sync::Mutex<Vec<String>>>, Arc<ManualClock>);

impl UnitOfWork for Request {
    fn clock(&self) -> &dyn Clock {
        &*self.1
    }

    fn begin(&self) {}

    fn canonical(&self) -> CanonicalSlot {
        CanonicalSlot::new(CanonicalRecord::new())
    }

    fn takes_hint(&self, _: &Ended) -> bool {
        true
    }

    fn finish(&self, ended: &Ended, _: Option<&SpanContext>) {
        let annotations =
            ended.annotations().map_or_else(String::new, |annotations| format!("{annotations:?}"));
        let tier = ended.annotation("customer.tier").and_then(|tier| tier.as_text());
        let outcome = ended.outcome().as_str();
        self.0.lock().unwrap().push(format!("{outcome} {} {annotations}", tier.unwrap_or("-")));
    }

    fn line(&self, _: &Span, _: &Ended) {}
}

/// What a request records that `part` is a part of.
fn request(part: impl FnOnce(&mut Record<Request>)) -> String {
    let request = Request::default();
    let mut record = Record::start(request.clone(), |_| Span::none());
    part(&mut record);
    record.complete();
    let mut ended = request.0.lock().unwrap();
    assert_eq!(ended.len(), 1);
    ended.remove(0)
}

struct Panics;

impl fmt::Debug for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::panic::resume_unwind(Box::new(()))
    }
}

#[test]
fn every_form_of_a_field_is_an_annotation() {
    let ended = request(|record| {
        record.in_scope(|| {
            let (total, r#type, cart) = (1.5_f32, "book", vec![1, 2]);
            annotate!(customer.tier = "gold", cart.items = 3_u8, "quoted-key" = true, low = -7,);
            annotate!(order.total = %total, cart = ?cart, r#type, ?cart, missing = None::<u64>, %total, wide = 1_u128 << 100);
            annotate!(panics = ?Panics, customer.tier = String::from("silver"));
            annotate!();
        });
    });
    assert_eq!(
        ended,
        "completed silver {customer.tier=\"silver\", cart.items=3, quoted-key=true, low=-7, order.total=\"1.5\", \
         cart=\"[1, 2]\", type=\"book\", total=\"1.5\", wide=\"1267650600228229401496703205376\", \
         panics=\"<fmt error>\"}"
    );
}

#[observe]
fn price() {
    annotate!(priced = true);
}

#[test]
fn an_operation_within_a_request_adds_to_the_requests_record() {
    let ended = request(|record| {
        record.in_scope(|| {
            price();
            let mut inner = Record::start(Request::default(), |_| Span::none());
            inner.in_scope(|| annotate!(of = "another request"));
            inner.complete();
        });
    });
    assert_eq!(ended, "completed - {priced=true}");
}

#[test]
fn a_hint_is_the_outcome_of_work_that_ended_by_itself() {
    let hint = |record: &mut Record<Request>| {
        record.in_scope(|| {
            CanonicalRecord::with_current(|record| record.set_outcome_hint(Some(Outcome::TimedOut)))
        });
    };
    assert_eq!(request(hint), "timed_out - ");
    let request = Request::default();
    let mut record = Record::start(request.clone(), |_| Span::none());
    hint(&mut record);
    drop(record);
    assert_eq!(*request.0.lock().unwrap(), ["aborted - "]);
}

#[test]
fn a_hint_does_not_change_the_success_of_an_operation() {
    let registry = Registry::new();
    let operation = Operation::in_registry(&registry, "price").unwrap();
    let start = || {
        let mut call = operation.track();
        call.in_scope(|| {
            annotate!(cached = true);
            CanonicalRecord::with_current(|record| record.set_outcome_hint(Some(Outcome::TimedOut)));
        });
        call
    };
    start().complete();
    start().fail("too late");
    let calls = registry.snapshot();
    for (outcome, count) in [("completed", 1.0), ("timed_out", 1.0), ("failed", 0.0)] {
        assert_eq!(calls.sum("operation_calls_total", &[("outcome", outcome)]), count, "{outcome}");
    }
}

#[test]
fn what_is_dropped_is_counted_and_nothing_panics() {
    annotate!(nowhere = 1);
    let text = Registry::global().text();
    assert_metric!(&text, "radiosonde_annotations_dropped_total{reason=\"no_unit\"}", >= 1);
    assert_metric!(&text, "radiosonde_annotations_dropped_total{reason=\"count\"}", == 0);
    let long = "x".repeat(2000);
    let ended = request(|record| record.in_scope(|| annotate!(long)));
    assert!(ended.len() < 1100, "{}", ended.len());
    assert_metric!(Registry::global().text(), "radiosonde_annotations_truncated_total", == 1);

    let operation = Operation::in_registry(&Registry::new(), "late").unwrap();
    let mut call = operation.track();
    call.in_scope(|| annotate!(a = 1));
    let record = call.canonical().unwrap().clone();
    call.complete();
    assert_eq!(record.annotations().map(|annotations| annotations.len()), Some(1));
    CanonicalSlot::new(record).in_scope(|| annotate!(late = 1));
    assert_metric!(Registry::global().text(), "radiosonde_annotations_dropped_total{reason=\"ended\"}", == 1);
    const { assert!(MAX_ANNOTATIONS == 64) };
}

#[test]
fn annotations_of_a_warm_request_allocate_nothing() {
    let request = Request::default();
    let name = String::from("Ada");
    let per_request = CountingAllocator::per_call(|| {
        let mut record = Record::start(Silent(&request), |_| Span::none());
        record.in_scope(
            || annotate!(customer.tier = "gold", cart.items = 3, customer.name = name, total = %3.5),
        );
        record.complete();
    });
    assert_eq!(per_request, 0.0);
}

/// A request whose end is not written down.
struct Silent<'a>(&'a Request);

impl UnitOfWork for Silent<'_> {
    fn clock(&self) -> &dyn Clock {
        self.0.clock()
    }

    fn begin(&self) {}

    fn canonical(&self) -> CanonicalSlot {
        self.0.canonical()
    }

    fn finish(&self, ended: &Ended, _: Option<&SpanContext>) {
        assert!(ended.annotation("cart.items").is_some());
    }

    fn line(&self, _: &Span, _: &Ended) {}
}
