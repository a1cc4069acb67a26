//! Twenty thousand requests over HTTP/1.1 and HTTP/2, of which clients cut a third at random moments, to handlers that also
//! fail and panic: each is recorded once, and nothing of them is left.
#![cfg(target_os = "linux")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod clients;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::Ordering;
use std::time::Duration;

use conformance::json_lines;
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_metrics::Registry;
use radiosonde_testkit::SharedBuffer;
use radiosonde_trace::{CaptureSpans, SpanKind, TracePipeline};
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::clients::Clients;
use crate::server::Server;

const REQUESTS: usize = 20_000;

/// What is open: the targets of this process's file descriptors, and the number of each.
fn open_files() -> BTreeMap<String, usize> {
    let mut open = BTreeMap::new();
    for entry in fs::read_dir("/proc/self/fd").unwrap() {
        let Ok(target) = fs::read_link(entry.unwrap().path()) else { continue };
        // The folder itself is open while it is read.
        if !target.starts_with("/proc") {
            *open.entry(target.display().to_string()).or_insert(0) += 1;
        }
    }
    open
}

/// All signals, for every thread of the process.
struct Signals {
    registry: Registry,
    spans: CaptureSpans,
    lines: SharedBuffer,
}

impl Signals {
    fn install() -> Self {
        let (registry, spans, lines) = (Registry::new(), CaptureSpans::new(), SharedBuffer::new());
        let resource = Resource::new("storm");
        let pipeline = TracePipeline::builder(&resource).sink(spans.clone()).registry(&registry);
        let pipeline = pipeline.build().unwrap();
        let log = JsonLayer::builder(&resource).format(Format::Json).registry(&registry);
        let log = log.writer(Writer::new("test", lines.clone())).build().unwrap();
        // hyper and h2 trace each frame.
        let subscriber =
            tracing_subscriber::registry().with(LevelFilter::INFO).with(pipeline.layer()).with(log);
        tracing::subscriber::set_global_default(subscriber).unwrap();
        Self { registry, spans, lines }
    }

    /// The sum of all series of a metric.
    fn sum(&self, name: &str) -> f64 {
        self.registry.snapshot().sum(name, &[])
    }

    /// The observations in all series of a histogram.
    fn count(&self, name: &str) -> usize {
        let text = self.registry.text();
        let name = format!("{name}_count{{");
        let counts =
            text.lines().filter(|line| line.starts_with(&name)).filter_map(|line| line.rsplit(' ').next());
        counts.map(|count| count.parse::<usize>().unwrap()).sum()
    }

    /// The number of access lines by outcome, after a strict reading of all lines.
    fn outcomes(&self) -> BTreeMap<String, usize> {
        let lines = json_lines(self.lines.text().as_bytes(), 64 << 10).unwrap();
        let mut outcomes = BTreeMap::new();
        // Connections that end by a panic have lines, too.
        for line in lines.iter().filter(|line| line["module"] == "radiosonde::access") {
            let outcome = line.get("metadata").and_then(|metadata| metadata.get("outcome"));
            let outcome = outcome.and_then(|outcome| outcome.as_str());
            let outcome = outcome.unwrap_or_else(|| panic!("no outcome in {line:?}"));
            *outcomes.entry(outcome.to_owned()).or_insert(0) += 1;
        }
        outcomes
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_io().enable_time().build().unwrap()
}

#[test]
fn a_storm_of_cut_and_failing_requests_leaves_nothing() {
    let signals = Signals::install();
    // The first runtime opens what tokio keeps for signals until the process ends.
    drop(runtime());
    let before = open_files();
    let runtime = runtime();
    let storm = async {
        let server = Server::start(&signals.registry).await;
        let seen = Clients::run(server.address, REQUESTS).await;
        // Connections that clients have closed; the server may not have read that yet.
        while signals.sum("http_connections_active") > 0.0 || signals.sum("http_requests_in_flight") > 0.0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        (seen, server.stop())
    };
    let (seen, made) = runtime.block_on(async {
        let late = Duration::from_secs(300);
        tokio::time::timeout(late, storm).await.unwrap_or_else(|_| panic!("{}", signals.registry.text()))
    });
    drop(runtime);

    let made = made.load(Ordering::SeqCst);
    assert!((REQUESTS * 2 / 3..=REQUESTS).contains(&made), "{made} requests have arrived");
    assert_eq!(signals.sum("http_requests_total"), made as f64);
    assert_eq!(signals.sum("http_requests_in_flight"), 0.0);
    let spans = signals.spans.take();
    assert_eq!(spans.iter().filter(|span| span.kind == SpanKind::Server).count(), made);
    let ids: BTreeSet<_> = spans.iter().map(|span| span.context.span_id().to_string()).collect();
    assert_eq!(ids.len(), spans.len(), "a span was exported twice");

    let accepted = signals.sum("http_connections_accepted_total");
    assert!(accepted > 100.0, "{accepted} connections");
    let outcomes = signals.outcomes();
    assert_eq!(outcomes.values().sum::<usize>(), made, "{outcomes:?}");
    let count = |names: &[&str]| names.iter().filter_map(|name| outcomes.get(*name)).sum::<usize>();
    let aborted = ["aborted_before_headers", "aborted_after_headers"];
    for outcome in ["completed", "failed", "body_error", "panicked"].into_iter().chain(aborted) {
        assert!(count(&[outcome]) > made / 100, "{outcome} in {outcomes:?}");
    }
    assert_eq!(signals.sum("http_requests_aborted_total"), count(&aborted) as f64, "{outcomes:?}");
    assert_eq!(signals.sum("http_panics_total"), count(&["panicked"]) as f64, "{outcomes:?}");
    assert_eq!(signals.count("http_request_duration_seconds"), made);
    assert_eq!(signals.count("http_response_size_bytes"), made);
    assert_eq!(signals.count("http_connection_duration_seconds"), accepted as usize);
    // A response that a client has read to its end is counted with its status.
    assert!(seen.values().sum::<usize>() > REQUESTS / 3, "{seen:?}");
    for (status, read) in seen {
        let counted =
            signals.registry.snapshot().sum("http_requests_total", &[("status", &status.to_string())]);
        assert!(counted >= read as f64, "{read} clients have read a {status}, {counted} are counted");
    }
    assert_eq!(open_files(), before);
}
