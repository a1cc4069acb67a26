//! A ratio picks the traces that the OpenTelemetry SDK picks, so that services with either agree.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use opentelemetry::TraceId as SdkTraceId;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::{Sampler as SdkSampler, SamplingDecision, ShouldSample as _};
use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::Registry;
use radiosonde_trace::{
    CaptureSpans, RemoteContext, Sampler, TracePipeline, TraceState, context_of, set_parent,
};
use tracing::info_span;
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;

const IDS: usize = 10_000;

/// Random ids, and those beside the border of a ratio.
fn ids(ratio: f64) -> impl Iterator<Item = TraceId> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "as the SDK computes it"
    )]
    let bound = (ratio * (1_u64 << 63) as f64) as u128;
    let border = [bound.saturating_sub(1), bound, bound + 1].map(|low| (low << 1).min(u64::MAX.into()));
    let border = border.map(|low| TraceId::from_bytes((1 << 127 | low).to_be_bytes()).unwrap());
    (0..IDS).map(|_| TraceId::random()).chain(border)
}

#[test]
fn a_ratio_picks_the_traces_that_the_sdk_picks() {
    let mut picked = 0;
    for ratio in [0.0, 1e-9, 0.001, 0.1, 0.25, 0.5, 0.999, 1.0] {
        let pipeline = TracePipeline::builder(&Resource::new("orders"))
            .registry(&Registry::new())
            .sampler(Sampler::ratio(ratio).unwrap())
            .sink(CaptureSpans::new())
            .build()
            .unwrap();
        let theirs = SdkSampler::TraceIdRatioBased(ratio);
        with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
            for id in ids(ratio) {
                let sdk_id = SdkTraceId::from_bytes(id.to_bytes());
                let decision =
                    theirs.should_sample(None, sdk_id, "a", &SpanKind::Internal, &[], &[]).decision;
                let expected = decision == SamplingDecision::RecordAndSample;
                let span = info_span!("a");
                let parent = SpanContext::new(id, SpanId::random(), TraceFlags::NONE);
                set_parent(&span, &RemoteContext::new(parent, TraceState::default())).unwrap();
                assert_eq!(context_of(&span).unwrap().is_sampled(), expected, "{id} {ratio}");
                picked += usize::from(expected);
            }
        });
    }
    // The ratios add up to 2.85.
    assert!((27_000..30_000).contains(&picked), "{picked}");
}
