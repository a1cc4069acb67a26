use axum::Router;
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_metrics::Registry;
use radiosonde_tower::{ServerLayer, Signals};
use radiosonde_trace::{Sampler, TracePipeline};
use tracing::dispatcher::Dispatch;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::contender;
use crate::harness::Contender;
use crate::scene::{self, SERVICE};
use crate::sinks::{Lines, Spans};

pub fn all() -> Vec<Contender> {
    let on = || Some(Sampler::always_on());
    vec![
        contender("radiosonde, metrics", router(Signals::METRICS), None, || ()),
        with("radiosonde, metrics + spans", on(), false),
        with("radiosonde, metrics + line", None, true),
        with("radiosonde, metrics + spans + line", on(), true),
        with("radiosonde, all, not sampled", Some(Sampler::always_off()), true),
    ]
}

fn router(signals: Signals) -> Router {
    let layer = ServerLayer::builder().registry(&Registry::new()).signals(signals).build().unwrap();
    scene::router().layer(layer)
}

fn with(name: &'static str, spans: Option<Sampler>, line: bool) -> Contender {
    let signals = match (spans.is_some(), line) {
        (true, true) => Signals::ALL,
        (true, false) => Signals::METRICS | Signals::SPAN,
        _ => Signals::METRICS | Signals::LINE,
    };
    let spans = spans.map(|sampler| {
        let pipeline = TracePipeline::builder(&Resource::new(SERVICE))
            .registry(&Registry::new())
            .sampler(sampler)
            .sink(Spans)
            .build()
            .unwrap();
        // The pipeline lives as long as the process, as in an application.
        Box::leak(Box::new(pipeline)).layer()
    });
    let lines = line.then(|| {
        JsonLayer::builder(&Resource::new(SERVICE))
            .format(Format::Json)
            .writer(Writer::new("null", Lines))
            .build()
            .unwrap()
    });
    let subscriber = tracing_subscriber::registry().with(spans).with(lines).with(LevelFilter::INFO);
    contender(name, router(signals), Some(Dispatch::new(subscriber)), || ())
}
