//! 10,000 spans a second, to the real Jaeger: every span that was made is stored there, or counted as dropped.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use e2e::{Jaeger, wait_for};
use radiosonde_core::{Clock as _, Resource, SystemClock};
use radiosonde_delivery::Delivery;
use radiosonde_metrics::Registry;
use radiosonde_otlp::{OtlpOptions, OtlpProtocol};
use radiosonde_trace::{TracePipeline, context_of};
use tracing::dispatcher::{Dispatch, with_default};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

const SOON: Duration = Duration::from_secs(120);
/// A trace is a root and its children.
const SPANS_PER_TRACE: u64 = 100;
const TRACES_PER_SECOND: u64 = 100;

/// Makes a trace, and returns its id.
fn trace(n: u64) -> String {
    let root = info_span!("root", n);
    root.in_scope(|| {
        for item in 1..SPANS_PER_TRACE {
            info_span!("item", item, region = "eu-west-1").in_scope(|| {
                if item == 1 {
                    info!("begun");
                }
            });
        }
    });
    context_of(&root).unwrap().trace_id().to_string()
}

/// Makes spans at an even pace, and returns the ids of their traces.
fn make(seconds: u64) -> Vec<String> {
    let began = SystemClock.monotonic();
    let mut traces = Vec::new();
    for n in 0..seconds * TRACES_PER_SECOND {
        let due = Duration::from_millis(n * 1000 / TRACES_PER_SECOND);
        thread::sleep(due.saturating_sub(SystemClock.monotonic() - began));
        traces.push(trace(n));
    }
    traces
}

fn count(registry: &Registry, name: &str) -> u64 {
    let text = registry.text();
    let series = text.lines().filter(|line| line.starts_with(name));
    series.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

fn assert_nothing_is_lost(seconds: u64, protocol: OtlpProtocol) {
    let Some(jaeger) = Jaeger::start() else { return };
    let url = match protocol {
        OtlpProtocol::HttpProtobuf => jaeger.otlp_http_url(),
        OtlpProtocol::Grpc => jaeger.otlp_grpc_url(),
    };
    let registry = Registry::new();
    let delivery = Delivery::builder().registry(&registry).start().unwrap();
    let resource = Resource::new("flood");
    let sink = OtlpOptions::new(url).protocol(protocol).build_spans(&resource, &delivery).unwrap();
    let pipeline = TracePipeline::builder(&resource).registry(&registry).sink(sink).build().unwrap();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()));
    let traces = with_default(&dispatch, || make(seconds));
    let report = delivery.shutdown_blocking(SOON);

    let made = seconds * TRACES_PER_SECOND * SPANS_PER_TRACE;
    let refused = count(&registry, "radiosonde_trace_dropped_total");
    assert_eq!(made, report.produced() + refused, "{report}");
    assert_eq!((report.produced(), report.left()), (report.delivered() + report.dropped(), 0), "{report}");
    let mut stored = BTreeMap::new();
    wait_for("every delivered span in Jaeger", SOON, || {
        for trace in &traces {
            if stored.get(trace) != Some(&SPANS_PER_TRACE) {
                stored.insert(trace.clone(), jaeger.spans(trace)?.len() as u64);
            }
        }
        let stored: u64 = stored.values().sum();
        if stored + report.dropped() + refused == made {
            return Ok(());
        }
        Err(format!("{made} made, {stored} stored, {refused} refused, {report}").into())
    });
}

#[test]
fn ten_thousand_spans_a_second_are_stored_or_counted() {
    assert_nothing_is_lost(10, OtlpProtocol::HttpProtobuf);
}

#[test]
fn ten_thousand_spans_a_second_over_grpc_are_stored_or_counted() {
    assert_nothing_is_lost(10, OtlpProtocol::Grpc);
}

#[test]
#[ignore = "takes more than a minute"]
fn ten_thousand_spans_a_second_for_a_minute_are_stored_or_counted() {
    assert_nothing_is_lost(60, OtlpProtocol::HttpProtobuf);
}

#[test]
#[ignore = "takes more than a minute"]
fn ten_thousand_spans_a_second_over_grpc_for_a_minute_are_stored_or_counted() {
    assert_nothing_is_lost(60, OtlpProtocol::Grpc);
}
