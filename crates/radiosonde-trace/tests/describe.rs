//! Several attributes of a span are set at once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_testkit::CountingAllocator;
use radiosonde_trace::{AttributeValue, CaptureSpans, Sampler, SpanLimits, TracePipeline, describe};
use tracing::{Span, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn with_spans(sampler: Sampler, limits: SpanLimits, work: impl FnOnce()) -> CaptureSpans {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test")).sampler(sampler).limits(limits);
    let pipeline = pipeline.registry(&Registry::new()).sink(spans.clone()).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), work);
    spans
}

#[test]
fn borrowed_values_are_set_with_their_types_and_the_last_wins() {
    let spans = with_spans(Sampler::always_on(), SpanLimits::new().value_length(6), || {
        let span = info_span!("request", kept = 1, replaced = 1);
        describe(&span, |attributes| {
            attributes.set("text", &String::from("cut here"));
            attributes.set("port", 443_u16);
            attributes.set("ratio", 0.5);
            attributes.set("replaced", "early");
            attributes.set("replaced", true);
        });
    });
    let span = spans.take().pop().unwrap();
    assert_eq!(span.attribute("text"), Some(&AttributeValue::from("cut he")));
    assert_eq!(span.attribute("port"), Some(&AttributeValue::I64(443)));
    assert_eq!(span.attribute("ratio"), Some(&AttributeValue::F64(0.5)));
    assert_eq!(span.attribute("replaced"), Some(&AttributeValue::Bool(true)));
    assert_eq!(span.attribute("kept"), Some(&AttributeValue::I64(1)));
    assert_eq!(span.attributes.iter().filter(|attribute| attribute.key == "replaced").count(), 1);
}

#[test]
fn attributes_may_make_spans_and_events_while_they_are_set() {
    let spans = with_spans(Sampler::always_on(), SpanLimits::new(), || {
        let span = info_span!("outer");
        describe(&span, |attributes| {
            describe(&info_span!(parent: &span, "inner"), |attributes| attributes.set("depth", 2_u8));
            attributes.set("depth", 1_u8);
        });
    });
    assert_eq!(spans.take().len(), 2);
}

#[test]
fn a_span_that_nobody_records_is_not_described() {
    let mut described = 0;
    describe(&Span::none(), |_| described += 1);
    let spans = with_spans(Sampler::always_off(), SpanLimits::new(), || {
        let span = info_span!("unsampled");
        // Until its first use, its parent could be set, and it be sampled.
        span.in_scope(|| ());
        describe(&span, |_| described += 1);
    });
    assert_eq!((described, spans.take().len()), (0, 0));
}

#[test]
fn describing_a_span_allocates_nothing() {
    with_spans(Sampler::always_on(), SpanLimits::new(), || {
        let span = info_span!("request");
        let per_call = CountingAllocator::per_call(|| {
            describe(&span, |attributes| {
                attributes.set("url.path", "/orders/7");
                attributes.set("server.port", 443_u16);
            });
        });
        assert_eq!(per_call, 0.0);
    });
}
