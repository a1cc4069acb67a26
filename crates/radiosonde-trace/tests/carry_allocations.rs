//! Carried work allocates nothing per poll, call or item.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::pending;
use std::pin::pin;
use std::task::{Context, Waker};

use futures_util::stream::{self, Stream as _};
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_testkit::CountingAllocator;
use radiosonde_trace::{CarriedContext, carry};
use tracing::info_span;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn entering_a_carried_span_and_context_allocates_nothing() {
    tracing::subscriber::with_default(tracing_subscriber::registry(), || {
        let _span = info_span!("carried").entered();
        let _context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED).enter();
        let mut cx = Context::from_waker(Waker::noop());
        let mut future = pin!(carry(pending::<()>()));
        let per_poll = CountingAllocator::per_call(|| assert!(future.as_mut().poll(&mut cx).is_pending()));
        let mut items = pin!(carry(stream::repeat(1)));
        let per_item = CountingAllocator::per_call(|| assert!(items.as_mut().poll_next(&mut cx).is_ready()));
        let here = CarriedContext::current();
        let per_call =
            CountingAllocator::per_call(|| here.in_scope(|| assert!(SpanContext::current().is_some())));
        assert_eq!([per_poll, per_item, per_call], [0.0; 3]);
    });
}
