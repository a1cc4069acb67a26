//! The bytes of both text formats, and the spans behind exemplars.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::exposition::Format;
use radiosonde_metrics::model::{HistogramSample, Kind, LabelSet, Number, SummarySample};
use radiosonde_metrics::{Buckets, Registry};

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
        let summary =
            SummarySample { quantiles: &[(0.5, 0.2), (0.99, 1.0)], sum: 12.5, count: 40, created: None };
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

#[test]
fn a_sum_that_does_not_count_up_is_left_to_text() {
    let registry = Registry::new();
    registry.histogram("lead_seconds", "Lead.").build().unwrap().observe(-0.5);
    registry.collect_from(Gives(|out| {
        let sample =
            SummarySample { quantiles: &[(0.5, -2.0), (0.9, 1.0)], sum: f64::NAN, count: 3, created: None };
        out.family("rpc_seconds", "RPC.", Kind::Summary).summary(LabelSet::default(), &sample);
    }));
    let text = registry.encode(Format::OpenMetrics);
    assert!(text.contains("lead_seconds_bucket{le=\"+Inf\"} 1\n"), "{text}");
    assert!(!text.contains("lead_seconds_sum") && !text.contains("lead_seconds_count"), "{text}");
    assert!(text.contains(
        "summary\n# HELP rpc_seconds RPC.\nrpc_seconds{quantile=\"0.9\"} 1\nrpc_seconds_count 3\n"
    ));
    let text = registry.text();
    assert!(text.contains("lead_seconds_sum -0.5\nlead_seconds_count 1\n"), "{text}");
    assert!(
        text.contains("rpc_seconds{quantile=\"0.5\"} -2\n") && text.contains("rpc_seconds_sum NaN\n"),
        "{text}"
    );
}

/// A collector that is a function.
struct Gives(fn(&mut Collection));

impl Collector for Gives {
    fn collect(&self, out: &mut Collection) {
        self.0(out);
    }
}

#[test]
fn samples_that_no_metric_of_their_kind_has_are_left_out_and_counted() {
    let registry = Registry::new();
    registry.collect_from(Gives(|out| {
        for (n, value) in
            [Number::Float(f64::NAN), Number::Signed(-1), Number::Float(2.5)].into_iter().enumerate()
        {
            out.family("hits_total", "Hits.", Kind::Counter)
                .number(LabelSet::new([("n", &*n.to_string())]), value);
        }
        let sizes = out.family("size_bytes", "Size.", Kind::Histogram);
        for bounds in [[2.0, 1.0], [1.0, 1.0], [1.0, f64::INFINITY], [f64::NAN, 1.0]] {
            let sample = HistogramSample {
                bounds: &bounds,
                counts: &[1, 1, 1],
                sum: 3.0,
                ..HistogramSample::default()
            };
            sizes.histogram(LabelSet::default(), &sample);
        }
        let waits = out.family("wait_seconds", "Wait.", Kind::Summary);
        for quantiles in [&[(1.5, 1.0)][..], &[(f64::NAN, 1.0)], &[(0.9, 1.0), (0.5, 1.0)]] {
            waits.summary(
                LabelSet::default(),
                &SummarySample { quantiles, sum: 1.0, count: 1, created: None },
            );
        }
    }));
    let text = registry.text();
    assert!(
        text.contains("hits_total{n=\"2\"} 2.5\n") && text.matches("\nhits_total{").count() == 1,
        "{text}"
    );
    assert!(!text.contains("\nsize_bytes") && !text.contains("\nwait_seconds"), "{text}");
    assert!(text.contains("collector_errors_total{reason=\"sample\"} 9\n"), "{text}");
}

#[test]
fn counts_that_overflow_do_not_end_a_scrape() {
    let registry = Registry::new();
    registry.collect_from(Gives(|out| {
        let sample = HistogramSample {
            bounds: &[1.0],
            counts: &[u64::MAX, 1],
            sum: 3.0,
            ..HistogramSample::default()
        };
        out.family("size_bytes", "Size.", Kind::Histogram).histogram(LabelSet::default(), &sample);
    }));
    assert!(registry.text().contains("size_bytes_count 18446744073709551615\n"));
}

#[test]
fn a_labels_name_does_not_end_a_value() {
    let registry = Registry::new();
    registry.gauge("fine", "Fine.").build().unwrap();
    registry.collect_from(Gives(|out| {
        // Rendered as they are, these would be `a="x\="1"` and `a="",a="1"`.
        for name in ["a=\"x\\", "a=\"\",a"] {
            out.family("odd", "Odd.", Kind::Gauge).number(LabelSet::new([(name, "1")]), Number::Signed(1));
        }
    }));
    let text = registry.text();
    assert!(!text.contains("\nodd"), "{text}");
    assert!(
        text.contains("fine 0\n") && text.contains("collector_errors_total{reason=\"name\"} 2\n"),
        "{text}"
    );
}

#[test]
fn a_label_without_a_value_tells_nothing_apart() {
    let registry = Registry::new();
    registry.gauge("size", "Size.").labels(&["of"]).unwrap().with(&[""]).set(1.0);
    registry.collect_from(Gives(|out| out.number("size", "Size.", Kind::Gauge, Number::Signed(2))));
    let text = registry.text();
    assert!(text.contains("size{of=\"\"} 1\n") && !text.contains("size 2\n"), "{text}");
    assert!(text.contains("collector_errors_total{reason=\"duplicate_series\"} 1\n"), "{text}");
}

#[test]
fn a_counter_called_after_the_suffix_has_no_name() {
    let registry = Registry::new();
    registry.collect_from(Gives(|out| out.number("_total", "Total.", Kind::Counter, Number::Signed(2))));
    let text = registry.text();
    assert!(
        !text.contains("\n_total") && text.contains("collector_errors_total{reason=\"name\"} 1\n"),
        "{text}"
    );
}

#[test]
fn a_bound_of_negative_zero_is_zero_in_every_text() {
    let registry = Registry::new();
    let wait =
        registry.histogram("change", "Change.").buckets(Buckets::new([-0.0, 1.0]).unwrap()).build().unwrap();
    wait.observe(-1.0);
    assert!(registry.text().contains("change_bucket{le=\"0\"} 1\n"));
    assert!(registry.encode(Format::OpenMetrics).contains("change_bucket{le=\"0.0\"} 1\n"));
}
