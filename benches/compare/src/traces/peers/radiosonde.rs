use std::hint::black_box;

use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_trace::{EncodedSpan, Sampler, SpanSink, TracePipeline};
use tracing::dispatcher::Dispatch;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use super::traced;
use crate::harness::Contender;
use crate::scene::SERVICE;

/// Counts spans and drops them.
struct Counter;

impl SpanSink for Counter {
    fn accept(&self, span: EncodedSpan) {
        black_box(&span);
    }
}

/// Our own layer.
pub fn native() -> Contender {
    let dispatch = |sampler| {
        let pipeline = TracePipeline::builder(&Resource::new(SERVICE))
            .registry(&Registry::new())
            .sampler(sampler)
            .sink(Counter)
            .build()
            .unwrap();
        let layer = pipeline.layer().with_filter(LevelFilter::INFO);
        // The pipeline lives as long as the process, as in an application.
        Box::leak(Box::new(pipeline));
        Dispatch::new(tracing_subscriber::registry().with(layer))
    };
    traced::contender("radiosonde", dispatch(Sampler::always_on()), dispatch(Sampler::always_off()), || ())
}
