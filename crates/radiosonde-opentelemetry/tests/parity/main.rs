//! The same programs through the pipeline's own layer and through that of tracing-opentelemetry. The spans that leave differ in what
//! the README's table lists, and in nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod described;
mod programs;
mod table;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use described::Parts;
use radiosonde_core::Resource;
use radiosonde_metrics::Registry as Metrics;
use radiosonde_opentelemetry::OpenTelemetryBridge;
use radiosonde_trace::{CaptureSpans, TracePipeline};
use table::{Differences, compare, listed, rows};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer, Registry};

type AnyLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The spans that leave when the program runs through a layer of the pipeline.
fn run(program: fn(), layer: fn(&TracePipeline) -> AnyLayer) -> BTreeMap<String, Parts> {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("parity"))
        .registry(&Metrics::new())
        .sink(spans.clone())
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(layer(&pipeline));
    let panicked = tracing::subscriber::with_default(subscriber, || catch_unwind(AssertUnwindSafe(program)));
    let mut parts = described::parts(&spans.take());
    let outcome = if panicked.is_err() { "panics" } else { "ends" };
    parts.insert("the program".to_owned(), Parts::from([("outcome".to_owned(), outcome.to_owned())]));
    parts
}

fn native(pipeline: &TracePipeline) -> AnyLayer {
    pipeline.layer().boxed()
}

fn bridged(pipeline: &TracePipeline) -> AnyLayer {
    OpenTelemetryBridge::new(pipeline).layer().boxed()
}

#[test]
fn the_layers_differ_in_what_the_table_lists() {
    let mut found = Differences::new();
    for (name, program) in programs::ALL {
        let (native, bridged) = (run(*program, native), run(*program, bridged));
        assert!(native.len() > 1 && bridged.len() > 1, "{name} makes spans");
        compare(name, (&native, &bridged), &mut found);
    }
    let (found, listed) = (rows(&found), listed());
    let missing: Vec<_> = found.difference(&listed).collect();
    let idle: Vec<_> = listed.difference(&found).collect();
    assert!(missing.is_empty() && idle.is_empty(), "not listed: {missing:#?}\nlisted, not found: {idle:#?}");
}
