//! The bytes of both text formats, and the spans behind exemplars.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::{
    Buckets, Collection, Collector, Format, Kind, LabelSet, Number, Registry, SummarySample,
};

/// Everything that has a spelling of its own.
fn registry() -> Registry {
    let registry = Registry::new();
    let orders =
        registry.counter("orders_total", "Orders, by \"method\"\nand C:\\path.").labels(&["method"]).unwrap();
    orders.with(&["card"]).inc_by(u64::MAX);
    orders.with(&["a\\b\"c\nd\u{2028}é"]).inc();
    let busy = registry.float_counter("busy_seconds_total", "Busy.").unit("seconds").build().unwrap();
    busy.inc_by(0.1);
    busy.inc_by(0.2);
    let gauge = registry.gauge("temperature_celsius", "Temperature.").labels(&["value"]).unwrap();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.5, 1e300, 1e-7, 3.0, 16_777_216.0] {
        gauge.with(&[&format!("{value:?}")]).set(value);
    }
    let sizes = registry
        .histogram("size_bytes", "Size.")
        .unit("bytes")
        .buckets(Buckets::from_static(&[1e-5, 0.5, 1.0, 100_000.0, 1e6]))
        .labels(&["kind"])
        .unwrap();
    for value in [0.000_01, 0.5, 7.0, 2e6] {
        sizes.with(&["row"]).observe(value);
    }
    registry
        .histogram("drift_celsius", "Drift.")
        .buckets(Buckets::from_static(&[-1.0, 1.0]))
        .build()
        .unwrap();
    registry.collect_from(Foreign);
    registry
}

struct Foreign;

impl Collector for Foreign {
    fn collect(&self, out: &mut Collection) {
        out.number("legacy_hits", "A counter from before the suffix.", Kind::Counter, Number::Float(3.0));
        out.number("mystery", "Nobody knows.", Kind::Unknown, Number::Signed(-4));
        let summary = SummarySample { quantiles: &[(0.5, 0.2), (0.99, 1.0)], sum: 12.5, count: 40 };
        out.family("rpc_seconds", "RPC.", Kind::Summary).summary(LabelSet::new([("to", "db")]), &summary);
    }
}

/// Run with `BLESS=1` to rewrite the file after a change that is meant.
fn assert_golden(text: &str, path: &str) {
    let path = format!("{}/tests/golden/{path}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "{path}");
}

#[test]
fn text_is_byte_for_byte_what_it_was() {
    assert_golden(&registry().text(), "everything.prom");
}

#[test]
fn open_metrics_is_byte_for_byte_what_it_was() {
    assert_golden(&registry().encode(Format::OpenMetrics), "everything.openmetrics");
}

#[test]
fn a_sampled_span_becomes_the_exemplar_of_its_bucket_in_open_metrics_only() {
    let registry = Registry::new();
    let wait =
        registry.histogram("wait_seconds", "Wait.").buckets(Buckets::from_static(&[1.0])).build().unwrap();
    let trace_id = TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
    let span_id = SpanId::from_hex("00f067aa0ba902b7").unwrap();
    {
        let _unsampled = SpanContext::new(TraceId::random(), span_id, TraceFlags::NONE).enter();
        wait.observe(0.5);
    }
    assert!(!registry.encode(Format::OpenMetrics).contains(" # {"));
    {
        let _sampled = SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED).enter();
        wait.observe(0.25);
    }
    let text = registry.encode(Format::OpenMetrics);
    let line = text.lines().find(|line| line.contains(" # ")).unwrap();
    let head = "wait_seconds_bucket{le=\"1.0\"} 2 # {trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\",span_id=\"00f067aa0ba902b7\"} 0.25 ";
    let seconds = line.strip_prefix(head).unwrap_or_else(|| panic!("{line}"));
    let seconds: f64 = seconds.parse().unwrap();
    assert!(seconds > 1.7e9, "{seconds} is no time in seconds");
    assert_eq!(text.matches(" # {").count(), 1);
    assert!(!registry.text().contains(" # {"), "an exemplar in text 0.0.4 fails the whole scrape");
}

#[test]
fn a_full_family_shares_one_series_and_counts() {
    let registry = Registry::new();
    let visits = registry.counter("visits_total", "Visits.").max_series(3).labels(&["user", "page"]).unwrap();
    for user in 0..10 {
        visits.with(&[&user.to_string(), "/"]).inc();
    }
    visits.with(&["1", "/"]).inc();
    let text = registry.text();
    assert_eq!(text.lines().filter(|line| line.starts_with("visits_total{")).count(), 4, "{text}");
    assert!(text.contains("visits_total{page=\"_overflow\",user=\"_overflow\"} 7\n"));
    assert!(text.contains("visits_total{page=\"/\",user=\"1\"} 2\n"));
    assert!(text.contains("radiosonde_metrics_series_dropped_total{family=\"visits_total\"} 7\n"));
}

#[test]
fn a_wrong_number_of_values_is_refused_and_counted() {
    let registry = Registry::new();
    let visits = registry.counter("visits_total", "Visits.").labels(&["user"]).unwrap();
    visits.with(&["1", "2"]).inc();
    visits.with(&[]).inc();
    let text = registry.text();
    assert!(!text.contains("visits_total{"));
    assert!(
        text.contains("radiosonde_metrics_refused_total{family=\"visits_total\",reason=\"label_count\"} 2\n")
    );
}

#[test]
fn a_histogram_without_a_sum_has_no_count_in_open_metrics() {
    let registry = Registry::new();
    let drift = registry.histogram("drift_celsius", "Drift.").buckets(Buckets::from_static(&[-1.0, 1.0]));
    drift.build().unwrap().observe(-0.5);
    let text = registry.encode(Format::OpenMetrics);
    assert!(text.contains("drift_celsius_bucket{le=\"+Inf\"} 1\n"), "{text}");
    assert!(!text.contains("drift_celsius_sum") && !text.contains("drift_celsius_count"), "{text}");
    assert!(registry.text().contains("drift_celsius_sum -0.5\ndrift_celsius_count 1\n"));
}
