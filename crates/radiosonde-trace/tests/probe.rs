//! The probe detects a subscriber without the trace layer, or with one that cannot be reached.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use radiosonde_core::{Resource, SpanContext};
use radiosonde_metrics::Registry;
use radiosonde_trace::{CaptureSpans, ProbeError, Sampler, TracePipeline};
use tracing::{Subscriber, info_span};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;

fn pipeline(registry: &Registry, spans: &CaptureSpans) -> TracePipeline {
    TracePipeline::builder(&Resource::new("test")).registry(registry).sink(spans.clone()).build().unwrap()
}

fn probed(make: impl FnOnce(&TracePipeline) -> Box<dyn Subscriber + Send + Sync>) -> Result<(), ProbeError> {
    let spans = CaptureSpans::new();
    let registry = Registry::new();
    let pipeline = pipeline(&registry, &spans);
    let result = tracing::subscriber::with_default(make(&pipeline), || {
        let result = pipeline.probe();
        assert_eq!(SpanContext::current(), None);
        result
    });
    assert_eq!(spans.take(), [], "the probe's span goes nowhere");
    assert!(registry.text().contains("radiosonde_trace_spans_total 0\n"), "and is not counted");
    result
}

#[test]
fn a_subscriber_with_the_layer_is_confirmed() {
    assert_eq!(probed(|pipeline| Box::new(tracing_subscriber::registry().with(pipeline.layer()))), Ok(()));
    assert_eq!(
        probed(|pipeline| Box::new(tracing_subscriber::registry().with(pipeline.layer().boxed()))),
        Ok(())
    );
    assert_eq!(
        probed(|pipeline| Box::new(tracing_subscriber::registry().with(vec![pipeline.layer()]))),
        Ok(())
    );
}

#[test]
fn a_filter_that_refuses_the_probe_is_no_error() {
    let none = probed(|pipeline| {
        Box::new(tracing_subscriber::registry().with(pipeline.layer()).with(LevelFilter::OFF))
    });
    assert_eq!(none, Ok(()));
    let none_here = probed(|pipeline| {
        let own = filter_fn(|metadata| metadata.target().starts_with("orders"));
        Box::new(tracing_subscriber::registry().with(pipeline.layer().with_filter(own)))
    });
    assert_eq!(none_here, Ok(()));
}

#[test]
fn a_subscriber_without_the_layer_is_found_out() {
    let none = probed(|_| Box::new(tracing_subscriber::registry()));
    assert_eq!(none, Err(ProbeError::NoLayer));
    assert!(none.unwrap_err().to_string().contains("cargo tree --duplicates"));

    let nothing = probed(|_| Box::new(tracing::subscriber::NoSubscriber::new()));
    assert_eq!(nothing, Err(ProbeError::NoSubscriber));
}

#[test]
fn a_layer_that_cannot_be_reached_is_found_out() {
    let hidden = probed(|pipeline| {
        let (layer, _handle) = tracing_subscriber::reload::Layer::new(pipeline.layer());
        Box::new(tracing_subscriber::registry().with(layer))
    });
    assert_eq!(hidden, Err(ProbeError::NoLayer));
}

#[test]
fn the_layer_of_another_pipeline_is_found_out() {
    let other = probed(|_| {
        let other = pipeline(&Registry::new(), &CaptureSpans::new());
        Box::new(tracing_subscriber::registry().with(other.layer()))
    });
    assert_eq!(other, Err(ProbeError::OtherPipeline));
}

#[test]
fn a_probe_works_within_a_span_and_without_samples_and_lets_later_spans_through() {
    let spans = CaptureSpans::new();
    let registry = Registry::new();
    let unsampled = TracePipeline::builder(&Resource::new("test"))
        .sampler(Sampler::always_off())
        .registry(&registry)
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(unsampled.layer()), || {
        assert_eq!(unsampled.probe(), Ok(()));
    });

    let pipeline = pipeline(&registry, &spans);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
        info_span!("around").in_scope(|| assert_eq!(pipeline.probe(), Ok(())));
    });
    assert_eq!(spans.take().len(), 1);
}
