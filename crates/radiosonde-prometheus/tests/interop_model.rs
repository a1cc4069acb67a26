//! Data without a field in the `prometheus` crate's model passes through its registry and encoder.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "interop")]

mod client_model;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use client_model::{BucketSpan, MetricFamily, Timestamp};
use prometheus::Encoder as _;
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::Registry;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::exposition::Format;
use radiosonde_metrics::model::{
    Exemplar, FamilyInfo, HistogramSample, Kind, LabelSet, NativeSample, Number, NumberSample, SummarySample,
    Visitor,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn at(millis: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis)
}

fn exemplar(value: f64) -> Exemplar {
    let (trace, span) = (TraceId::from_hex(TRACE).unwrap(), SpanId::from_hex(SPAN).unwrap());
    let context = SpanContext::new(trace, span, TraceFlags::SAMPLED);
    Exemplar::in_span(&context, value).at(at(1_700_000_000_123))
}

/// One sample of every kind.
struct Everything;

impl Collector for Everything {
    fn collect(&self, out: &mut Collection) {
        let created = Some(at(1_600_000_000_456));
        let one = exemplar(3.0);
        let family = out.family("busy_seconds_total", "Busy.", Kind::Counter);
        family.unit("seconds");
        let value = Number::Float(12.5);
        family.number(LabelSet::new([("of", "a")]), NumberSample { value, exemplar: Some(&one), created });
        family.number(LabelSet::new([("of", "b")]), Number::Unsigned(1 << 40));
        out.number("build_info", "Build.", Kind::Info, Number::Unsigned(1));
        out.number("temperature", "Temperature.", Kind::Gauge, Number::Signed(-4));
        out.number("mystery", "Nobody knows.", Kind::Unknown, Number::Float(f64::NEG_INFINITY));
        let states = out.family("state", "State.", Kind::StateSet);
        states.number(LabelSet::new([("state", "off")]), Number::Unsigned(0));
        states.number(LabelSet::new([("state", "on")]), Number::Unsigned(1));
        let native = NativeSample {
            schema: -3,
            zero_threshold: 1e-128,
            zero_count: 2,
            positive: &[(-7, 1), (-6, 900), (-5, 3), (0, 4), (1 << 19, 5)],
            negative: &[(-(1 << 19), 1), (3, 2)],
            exemplars: &[exemplar(-1.0), exemplar(0.1)],
        };
        let exemplars = [None, Some(exemplar(0.7)), Some(exemplar(9.0))];
        let both = HistogramSample {
            bounds: &[0.5, 1.0],
            counts: &[915, 0, 3],
            sum: 8.25,
            exemplars: &exemplars,
            native: Some(native),
            created,
        };
        out.family("wait_seconds", "Wait.", Kind::Histogram).histogram(LabelSet::default(), &both);
        let empty = NativeSample { schema: 8, ..NativeSample::default() };
        let none = HistogramSample { counts: &[0], native: Some(empty), ..HistogramSample::default() };
        out.family("quiet_seconds", "Quiet.", Kind::Histogram).histogram(LabelSet::default(), &none);
        let classic =
            HistogramSample { bounds: &[1.0], counts: &[1, 1], sum: 3.0, ..HistogramSample::default() };
        out.family("size_bytes", "Size.", Kind::Histogram).histogram(LabelSet::default(), &classic);
        let summary = SummarySample { quantiles: &[(0.5, 0.2), (0.99, 1.0)], sum: 12.5, count: 40, created };
        out.family("rpc_seconds", "RPC.", Kind::Summary)
            .unit("seconds")
            .summary(LabelSet::default(), &summary);
    }
}

/// Records all visited samples, with numbers as Prometheus stores them.
#[derive(Default)]
struct Seen(Vec<String>);

impl Seen {
    fn by(registry: &Registry) -> Vec<String> {
        let mut seen = Self::default();
        registry.visit(&mut seen);
        seen.0.retain(|line| !line.contains("radiosonde_metrics_"));
        seen.0
    }

    fn family_name(&self) -> String {
        let last = self.0.iter().rfind(|line| line.starts_with("FamilyInfo"));
        last.map(|line| line.split('"').nth(1).unwrap().to_owned()).unwrap_or_default()
    }

    fn sample(&mut self, labels: &LabelSet, sample: impl std::fmt::Debug) {
        self.0.push(format!("{}{labels} {sample:?}", self.family_name()));
    }
}

impl Visitor for Seen {
    fn family(&mut self, family: &FamilyInfo<'_>) {
        self.0.push(format!("{family:?}"));
    }

    fn number(&mut self, labels: &LabelSet, sample: &NumberSample<'_>) {
        let value = Number::Float(sample.value.as_f64());
        self.sample(labels, NumberSample { value, ..*sample });
    }

    fn histogram(&mut self, labels: &LabelSet, sample: &HistogramSample<'_>) {
        self.sample(labels, sample);
    }

    fn summary(&mut self, labels: &LabelSet, sample: &SummarySample<'_>) {
        self.sample(labels, sample);
    }
}

fn everything() -> Registry {
    let registry = Registry::new();
    registry.collect_from(Everything);
    registry
}

#[test]
fn ours_come_back_through_a_registry_of_theirs_as_they_were() {
    let ours = everything();
    let theirs = prometheus::Registry::new();
    radiosonde_prometheus::appear_in(&ours, &theirs).unwrap();
    let again = Registry::new();
    radiosonde_prometheus::absorb(&again, &theirs);
    let seen = Seen::by(&ours);
    assert!(seen.len() == 20 && seen.iter().any(|line| line.contains("NativeSample")), "{seen:#?}");
    assert_eq!(Seen::by(&again), seen);
    for format in [Format::Text, Format::OpenMetrics] {
        assert_eq!(again.encode(format), ours.encode(format));
    }
}

#[test]
fn their_protobuf_encoder_writes_what_prometheus_reads() {
    let theirs = prometheus::Registry::new();
    radiosonde_prometheus::appear_in(&everything(), &theirs).unwrap();
    let mut bytes = Vec::new();
    prometheus::ProtobufEncoder::new().encode(&theirs.gather(), &mut bytes).unwrap();
    let families = MetricFamily::read_all(&bytes);
    let family = |name: &str| families.iter().find(|family| family.name.as_deref() == Some(name)).unwrap();
    let created = Some(Timestamp { seconds: 1_600_000_000, nanos: 456_000_000 });

    let busy = family("busy_seconds_total");
    assert_eq!((busy.kind, busy.unit.as_deref()), (Some(0), Some("seconds")));
    let counter = busy.metric[0].counter.as_ref().unwrap();
    assert_eq!((counter.value, &counter.start_timestamp), (Some(12.5), &created));
    let exemplar = counter.exemplar.as_ref().unwrap();
    let labels = exemplar.label.iter().map(|label| (label.name.as_deref(), label.value.as_deref()));
    assert!(labels.eq([(Some("trace_id"), Some(TRACE)), (Some("span_id"), Some(SPAN))]));
    assert_eq!(exemplar.timestamp, Some(Timestamp { seconds: 1_700_000_000, nanos: 123_000_000 }));
    assert_eq!(
        (exemplar.value, busy.metric[1].counter.as_ref().unwrap().exemplar.as_ref()),
        (Some(3.0), None)
    );

    let histogram = family("wait_seconds").metric[0].histogram.as_ref().unwrap();
    let buckets: Vec<_> = histogram
        .bucket
        .iter()
        .map(|bucket| {
            (bucket.upper_bound.unwrap(), bucket.cumulative_count.unwrap(), bucket.exemplar.is_some())
        })
        .collect();
    assert_eq!(buckets, [(0.5, 915, false), (1.0, 915, true), (f64::INFINITY, 918, true)]);
    assert_eq!(
        (histogram.sample_count, histogram.schema, histogram.zero_count),
        (Some(918), Some(-3), Some(2))
    );
    assert_eq!(histogram.zero_threshold, Some(1e-128));
    let spans = |spans: &[BucketSpan]| -> Vec<_> {
        spans.iter().map(|span| (span.offset.unwrap(), span.length.unwrap())).collect()
    };
    assert_eq!(spans(&histogram.positive_span), [(-7, 3), (4, 1), ((1 << 19) - 1, 1)]);
    assert_eq!(histogram.positive_delta, [1, 899, -897, 1, 1]);
    assert_eq!(histogram.negative_delta, [1, 1]);
    assert_eq!((histogram.exemplars.len(), &histogram.start_timestamp), (2, &created));
    assert_eq!(family("rpc_seconds").metric[0].summary.as_ref().unwrap().start_timestamp, created);

    let quiet = family("quiet_seconds").metric[0].histogram.as_ref().unwrap();
    assert_eq!(
        (spans(&quiet.positive_span), quiet.schema),
        (vec![(0, 0)], Some(8)),
        "recognised as a native one"
    );
    assert!(family("size_bytes").metric[0].histogram.as_ref().unwrap().schema.is_none());
}

#[test]
fn their_text_encoder_takes_every_kind_and_shows_what_it_knows() {
    let theirs = prometheus::Registry::new();
    radiosonde_prometheus::appear_in(&everything(), &theirs).unwrap();
    let text = prometheus::TextEncoder::new().encode_to_string(&theirs.gather()).unwrap();
    for line in [
        "mystery -inf\n",
        "state{state=\"on\"} 1\n",
        "build_info 1\n",
        "wait_seconds_bucket{le=\"1\"} 915\nwait_seconds_bucket{le=\"+Inf\"} 918\n",
        "rpc_seconds{quantile=\"0.5\"} 0.2\n",
    ] {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
}

#[test]
fn what_their_registry_adds_is_added_to_what_it_does_not_know_as_well() {
    let labels = [("service".to_owned(), "shop".to_owned())].into();
    let theirs = prometheus::Registry::new_custom(Some("app".into()), Some(labels)).unwrap();
    radiosonde_prometheus::appear_in(&everything(), &theirs).unwrap();
    let registry = Registry::new();
    radiosonde_prometheus::absorb(&registry, &theirs);
    let text = registry.encode(Format::OpenMetrics);
    let line = format!(
        "app_busy_seconds_total{{of=\"a\",service=\"shop\"}} 12.5 # {{trace_id=\"{TRACE}\",span_id=\"{SPAN}\"}} 3 1700000000.123\n"
    );
    assert!(text.contains(&line) && text.contains("# UNIT app_busy_seconds seconds\n"), "{text}");
    // A state set's label has the family's old name.
    assert!(text.contains("# TYPE app_state gauge\n") && text.contains("# TYPE app_build info\n"), "{text}");
}

#[derive(radiosonde_metrics::LabelValue)]
enum Breaker {
    Open,
}

/// One of each instrument, with data.
fn instruments() -> Registry {
    let registry = Registry::new();
    let _sampled = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED).enter();
    let orders = registry.counter("orders_total", "Orders.").exemplars().labels(&["by"]).unwrap();
    orders.with(&["a\\b\"c\nd"]).inc_by(3);
    registry.float_counter("busy_seconds_total", "Busy.").unit("seconds").build().unwrap().inc_by(0.1 + 0.2);
    registry.gauge("temperature_celsius", "Temperature.").build().unwrap().set(-0.5);
    registry.int_gauge("items", "Items.").build().unwrap().set(-3);
    let wait = registry
        .histogram("wait_seconds", "Wait.")
        .unit("seconds")
        .native(radiosonde_metrics::Native::new())
        .build()
        .unwrap();
    [0.0, 1e-9, 0.3, 0.31, 7.0, 1e12, -2.5].into_iter().for_each(|value| wait.observe(value));
    registry.summary("rpc_seconds", "RPC.").build().unwrap().observe(0.5);
    registry.state_set::<Breaker>("breaker", "Breaker.").unwrap().set(Breaker::Open);
    registry
}

#[test]
fn what_every_instrument_says_comes_back_as_it_was() {
    let ours = instruments();
    let theirs = prometheus::Registry::new();
    radiosonde_prometheus::appear_in(&ours, &theirs).unwrap();
    let again = Registry::new();
    radiosonde_prometheus::absorb(&again, &theirs);
    let seen = Seen::by(&ours);
    for what in ["Exemplar", "NativeSample", "SummarySample", "StateSet", "created: Some"] {
        assert!(seen.iter().any(|line| line.contains(what)), "no {what} in {seen:#?}");
    }
    assert_eq!(Seen::by(&again), seen);
}

/// An exemplar whose labels do not identify a span, without a time.
struct Foreign;

impl Collector for Foreign {
    fn collect(&self, out: &mut Collection) {
        let exemplar = Exemplar::new([("order", "4711"), ("trace_id", "not one of ours")], 2.0).unwrap();
        let value = Number::Unsigned(7);
        let sample = NumberSample { value, exemplar: Some(&exemplar), created: None };
        out.number("hits_total", "Hits.", Kind::Counter, sample);
    }
}

#[test]
fn exemplars_with_labels_of_any_names_come_back() {
    let ours = Registry::new();
    ours.collect_from(Foreign);
    let theirs = prometheus::Registry::new();
    radiosonde_prometheus::appear_in(&ours, &theirs).unwrap();
    let again = Registry::new();
    radiosonde_prometheus::absorb(&again, &theirs);
    let seen = Seen::by(&ours);
    assert!(seen.iter().any(|line| line.contains("4711")), "{seen:#?}");
    assert_eq!(Seen::by(&again), seen);
}
