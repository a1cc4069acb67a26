//! The OpenTelemetry SDK used directly, and its provider for the layer of `tracing`.

use std::hint::black_box;

use opentelemetry::trace::{Span as _, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter,
};

use crate::harness::Contender;
use crate::scene::{CHILD, EVENT, ROOT, SERVICE, pricing, request};
use crate::{SAMPLED, UNSAMPLED};

/// Spans of a round of two threads, so that none is dropped.
const QUEUED_SPANS: usize = 1 << 18;

/// Counts spans and drops them.
#[derive(Debug)]
struct Counter;

impl SpanExporter for Counter {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        black_box(batch.len());
        std::future::ready(Ok(()))
    }
}

/// A provider with the SDK's own batch processor.
pub fn provider(sampler: Sampler) -> SdkTracerProvider {
    let config = BatchConfigBuilder::default().with_max_queue_size(QUEUED_SPANS).build();
    let processor = BatchSpanProcessor::builder(Counter).with_batch_config(config).build();
    SdkTracerProvider::builder().with_sampler(sampler).with_span_processor(processor).build()
}

/// Waits until every span of the round is exported.
pub fn settle(provider: &SdkTracerProvider) {
    provider.force_flush().unwrap();
}

pub fn contender() -> Contender {
    let (sampled, unsampled) = (provider(Sampler::AlwaysOn), provider(Sampler::AlwaysOff));
    let (on, off) = (sampled.tracer(SERVICE), unsampled.tracer(SERVICE));
    Contender::new("OpenTelemetry SDK")
        .batch(SAMPLED, move |times| (0..times).for_each(|n| trace(&on, n)), move || settle(&sampled))
        .batch(
            UNSAMPLED,
            move |times| {
                // A tracer records only while its provider lives.
                let _ = &unsampled;
                (0..times).for_each(|n| trace(&off, n));
            },
            || (),
        )
}

fn trace(tracer: &SdkTracer, n: u64) {
    let request = request();
    let attributes = vec![
        KeyValue::new("http.request.method", request.method),
        KeyValue::new("url.path", request.path),
        KeyValue::new("user_agent.original", request.user_agent),
        KeyValue::new("http.response.status_code", request.status),
    ];
    let root =
        tracer.span_builder(ROOT).with_kind(SpanKind::Internal).with_attributes(attributes).start(tracer);
    let _root = Context::current_with_span(root).attach();
    let pricing = pricing(n);
    let attributes =
        vec![KeyValue::new("order.id", pricing.order_id), KeyValue::new("cloud.region", pricing.region)];
    let mut child =
        tracer.span_builder(CHILD).with_kind(SpanKind::Internal).with_attributes(attributes).start(tracer);
    child.add_event(EVENT, vec![]);
    child.end();
}
