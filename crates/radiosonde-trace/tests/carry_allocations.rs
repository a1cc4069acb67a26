//! Carried work allocates nothing per poll, call or item.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::pending;
use std::pin::pin;
use std::task::{Context, Waker};

use futures_util::stream::{self, Stream as _};
use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::Registry;
use radiosonde_testkit::CountingAllocator;
use radiosonde_trace::{CaptureSpans, CarriedContext, RemoteContext, TracePipeline, carry};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn entering_a_carried_span_and_context_allocates_nothing() {
    let pipeline = TracePipeline::builder(&Resource::new("test")).registry(&Registry::new());
    let pipeline = pipeline.sink(CaptureSpans::new()).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
        let _span = info_span!("carried").entered();
        let ids = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
        let _context = RemoteContext::new(ids, "congo=t61".parse().unwrap()).enter();
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
