use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tracing::dispatcher::Dispatch;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{otel, traced};
use crate::harness::Contender;
use crate::scene::SERVICE;

type Stock = OpenTelemetryLayer<Registry, SdkTracer>;

/// With its default attributes: location, thread, target, busy and idle time.
pub fn default() -> Contender {
    contender("tracing-opentelemetry", |layer| layer)
}

/// Without them.
pub fn lean() -> Contender {
    contender("tracing-opentelemetry, lean", |layer| {
        layer
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
    })
}

fn contender(name: &'static str, set_up: fn(Stock) -> Stock) -> Contender {
    let (sampled, unsampled) = (otel::provider(Sampler::AlwaysOn), otel::provider(Sampler::AlwaysOff));
    let dispatch = |provider: &SdkTracerProvider| {
        let layer = set_up(tracing_opentelemetry::layer().with_tracer(provider.tracer(SERVICE)));
        Dispatch::new(tracing_subscriber::registry().with(layer).with(LevelFilter::INFO))
    };
    let (on, off) = (dispatch(&sampled), dispatch(&unsampled));
    traced::contender(name, on, off, move || {
        // A tracer records only while its provider lives.
        let _ = &unsampled;
        otel::settle(&sampled);
    })
}
