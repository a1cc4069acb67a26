use std::hint::black_box;

use radiosonde_core::Resource;
use radiosonde_opentelemetry::OpenTelemetryBridge;
use radiosonde_trace::{EncodedSpan, Sampler, SpanSink, TracePipeline};
use tracing::dispatcher::Dispatch;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};

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
    contender("radiosonde", |pipeline| pipeline.layer())
}

/// Our own layer, in a process with the bridge: it looks for spans of the OpenTelemetry API.
pub fn beside_bridge() -> Contender {
    contender("radiosonde, bridge installed", |pipeline| {
        Box::leak(Box::new(OpenTelemetryBridge::new(pipeline)));
        pipeline.layer()
    })
}

/// The layer of tracing-opentelemetry with our pipeline.
pub fn bridged() -> Contender {
    contender("radiosonde, bridged", |pipeline| OpenTelemetryBridge::new(pipeline).layer())
}

fn contender<L>(name: &'static str, layer: impl Fn(&TracePipeline) -> L) -> Contender
where
    L: Layer<Registry> + Send + Sync,
{
    let dispatch = |sampler| {
        let pipeline = TracePipeline::builder(&Resource::new(SERVICE))
            .registry(&radiosonde_metrics::Registry::new())
            .sampler(sampler)
            .sink(Counter)
            .build()
            .unwrap();
        let layer = layer(&pipeline);
        // The pipeline lives as long as the process, as in an application.
        Box::leak(Box::new(pipeline));
        Dispatch::new(tracing_subscriber::registry().with(layer).with(LevelFilter::INFO))
    };
    traced::contender(name, dispatch(Sampler::always_on()), dispatch(Sampler::always_off()), || ())
}
