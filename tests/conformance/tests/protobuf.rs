//! Features that only protobuf has, native histograms and creation times, and kinds that it lacks.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use conformance::client_model::{Exemplar as ExemplarMessage, Histogram, MetricFamily, Timestamp};
use conformance::{metric_families, native_buckets, protobuf};
use proptest::prelude::*;
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::Registry;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::exposition::{Dialect, Escaping, Format};
use radiosonde_metrics::model::{
    Exemplar, HistogramSample, Kind, LabelSet, NativeSample, Number, NumberSample, SummarySample,
};

/// A collector that is a function.
struct Gives<F>(F);

impl<F: Fn(&mut Collection) + Send + Sync + 'static> Collector for Gives<F> {
    fn collect(&self, out: &mut Collection) {
        self.0(out);
    }
}

fn exposed(collect: impl Fn(&mut Collection) + Send + Sync + 'static) -> Vec<u8> {
    let registry = Registry::new();
    registry.collect_from(Gives(collect));
    registry.encode_bytes(Format::Protobuf)
}

fn family(bytes: &[u8], name: &str) -> Option<MetricFamily> {
    let families = metric_families(bytes).unwrap();
    families.into_iter().find(|family| family.name.as_deref() == Some(name))
}

fn histogram(bytes: &[u8]) -> Option<Histogram> {
    family(bytes, "wait_seconds").map(|family| family.metrics[0].histogram.clone().unwrap())
}

fn exemplar(value: f64, at: SystemTime) -> Exemplar {
    let trace_id = TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
    let span_id = SpanId::from_hex("00f067aa0ba902b7").unwrap();
    Exemplar::in_span(&SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED), value).at(at)
}

/// A bucket for each index, ascending.
type Buckets = Vec<(i32, u64)>;

fn buckets() -> impl Strategy<Value = Buckets> {
    let gap = prop_oneof![4 => 1..5_i32, 1 => 5..1000_i32];
    let count = prop_oneof![8 => 0..100_u64, 1 => 0..1_u64 << 40];
    (-3000..3000_i32, prop::collection::vec((gap, count), 0..12)).prop_map(|(start, steps)| {
        let steps = steps.into_iter().scan(start, |at, (gap, count)| {
            *at += gap;
            Some((*at, count))
        });
        steps.collect()
    })
}

fn with_some(buckets: &[(i32, u64)]) -> Buckets {
    buckets.iter().copied().filter(|(_, count)| *count > 0).collect()
}

proptest! {
    #[test]
    fn native_buckets_come_back(
        schema in -4..=8_i32,
        zero in (prop_oneof![Just(0.0), Just(1e-128), 0.0..1.0], 0..50_u64),
        positive in buckets(),
        negative in buckets(),
        classic in prop::collection::vec(0..1000_u64, 1..4),
    ) {
        let bounds: Vec<f64> = (1..classic.len()).map(|bound| f64::from(u8::try_from(bound).unwrap())).collect();
        let given = (positive.clone(), negative.clone(), classic.clone());
        let bytes = exposed(move |out| {
            let native = NativeSample {
                schema,
                zero_threshold: zero.0,
                zero_count: zero.1,
                positive: &given.0,
                negative: &given.1,
                exemplars: &[],
            };
            let sample = HistogramSample { bounds: &bounds, counts: &given.2, sum: 1.5, native: Some(native), ..HistogramSample::default() };
            out.family("wait_seconds", "Wait.", Kind::Histogram).histogram(LabelSet::default(), &sample);
        });
        let read = histogram(&bytes).unwrap();
        let back = |spans, deltas| with_some(&native_buckets(spans, deltas).unwrap());
        prop_assert_eq!(back(&read.positive_spans, &read.positive_deltas), with_some(&positive));
        prop_assert_eq!(back(&read.negative_spans, &read.negative_deltas), with_some(&negative));
        prop_assert_eq!((read.schema, read.zero_threshold, read.zero_count), (Some(schema), Some(zero.0), Some(zero.1)));
        let total: u64 = positive.iter().chain(&negative).map(|(_, count)| count).sum();
        prop_assert_eq!(read.sample_count, Some(total + zero.1), "its own buckets, not the classic ones");
        let within = classic.iter().scan(0, |within, count| {
            *within += count;
            Some(*within)
        });
        let last = classic.len() - 1;
        for (at, (bucket, within)) in read.buckets.iter().zip(within).enumerate() {
            let expected = if at == last { total + zero.1 } else { within.min(total + zero.1) };
            prop_assert_eq!(bucket.cumulative_count, Some(expected));
        }
        let empty = native_buckets(&read.positive_spans, &[]).is_some() && !read.positive_spans.is_empty();
        let says_nothing = zero == (0.0, 0) && positive.is_empty() && negative.is_empty();
        prop_assert_eq!(empty, says_nothing, "a span without buckets is for nothing else");
    }
}

#[test]
fn times_and_exemplars_are_told_to_the_nanosecond() {
    let at = UNIX_EPOCH + Duration::new(1_700_000_000, 123_000_000);
    let bytes = exposed(move |out| {
        let exemplars = [exemplar(0.25, at), exemplar(0.5, at)];
        let last = [Some(exemplars[1].clone()), None];
        let native = NativeSample {
            schema: 0,
            positive: &[(-1, 2)],
            exemplars: &exemplars,
            ..NativeSample::default()
        };
        let wait = HistogramSample {
            bounds: &[1.0],
            counts: &[2, 0],
            sum: 0.75,
            exemplars: &last,
            native: Some(native),
            created: Some(at),
        };
        out.family("wait_seconds", "Wait.", Kind::Histogram).histogram(LabelSet::default(), &wait);
        let number =
            NumberSample { value: Number::Unsigned(3), exemplar: Some(&exemplars[0]), created: Some(at) };
        out.number("orders_total", "Orders.", Kind::Counter, number);
        let quantiles = SummarySample { quantiles: &[(0.5, 2.0)], sum: 4.0, count: 2, created: Some(at) };
        out.family("rpc_seconds", "RPC.", Kind::Summary).summary(LabelSet::default(), &quantiles);
    });
    let at = Some(Timestamp { seconds: 1_700_000_000, nanos: 123_000_000 });
    let is_it = |message: &ExemplarMessage, value| {
        let labels: Vec<_> = message.labels.iter().filter_map(|pair| pair.value.as_deref()).collect();
        labels == ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"]
            && message.value == Some(value)
            && message.timestamp == at
    };
    let wait = histogram(&bytes).unwrap();
    assert!(is_it(wait.buckets[0].exemplar.as_ref().unwrap(), 0.5) && wait.buckets[1].exemplar.is_none());
    assert!(wait.exemplars.len() == 2 && is_it(&wait.exemplars[0], 0.25) && is_it(&wait.exemplars[1], 0.5));
    let orders = family(&bytes, "orders_total").unwrap().metrics[0].counter.clone().unwrap();
    assert!(is_it(orders.exemplar.as_ref().unwrap(), 0.25));
    let rpc = family(&bytes, "rpc_seconds").unwrap().metrics[0].summary.clone().unwrap();
    assert_eq!([wait.start_timestamp, orders.start_timestamp, rpc.start_timestamp], [at; 3]);
    assert_eq!((rpc.sample_count, rpc.sample_sum, rpc.quantiles[0].value), (Some(2), Some(4.0), Some(2.0)));
}

#[test]
fn a_native_histogram_that_prometheus_would_refuse_is_left_out_and_counted() {
    type Unsound = (i32, f64, &'static [(i32, u64)]);
    let unsound: [Unsound; 7] = [
        (9, 0.0, &[]),
        (-5, 0.0, &[]),
        (0, f64::NAN, &[]),
        (0, -1.0, &[]),
        (0, 0.0, &[(1, 1), (1, 1)]),
        (0, 0.0, &[(i32::MIN, 1), (i32::MAX, 1)]),
        (0, 0.0, &[(1, 1 << 63)]),
    ];
    for (schema, zero_threshold, positive) in unsound {
        let bytes = exposed(move |out| {
            let native = NativeSample { schema, zero_threshold, positive, ..NativeSample::default() };
            let sample = HistogramSample { counts: &[0], native: Some(native), ..HistogramSample::default() };
            out.family("wait_seconds", "Wait.", Kind::Histogram).histogram(LabelSet::default(), &sample);
        });
        assert_eq!(histogram(&bytes), None, "{schema} {zero_threshold} {positive:?}");
        let errors = protobuf(&bytes).unwrap();
        let counted = errors.sample("radiosonde_metrics_collector_errors_total", &[("reason", "sample")]);
        assert_eq!(counted.unwrap().value.as_f64(), 1.0);
    }
}

#[test]
fn infos_and_state_sets_are_gauges_and_a_family_without_series_is_not_sent() {
    let registry = Registry::new();
    registry.counter("orders_total", "Orders.").labels(&["method"]).unwrap();
    registry.collect_from(Gives(|out: &mut Collection| {
        out.number("build_info", "Build.", Kind::Info, Number::Unsigned(1));
        out.family("mode", "Mode.", Kind::StateSet)
            .number(LabelSet::new([("mode", "on")]), Number::Unsigned(0));
        out.number("mystery", "Unknown.", Kind::Unknown, Number::Signed(-4));
    }));
    let bytes = registry.encode_bytes(Format::Protobuf);
    let kinds: Vec<_> =
        ["build_info", "mode", "mystery"].map(|name| family(&bytes, name).unwrap().kind.unwrap()).into();
    assert_eq!(kinds, [1, 1, 3]);
    assert_eq!(family(&bytes, "orders_total"), None);
}

#[test]
fn names_are_escaped_as_was_asked_for_in_every_format() {
    let registry = Registry::new();
    let spent = registry
        .counter("cpu_user_seconds_total", "Spent.")
        .unit("user_seconds")
        .labels(&["cpu_core"])
        .unwrap();
    spent.with(&["a_b=\"c_d\","]).inc();
    for format in Format::ALL {
        let exposed = |escaping| registry.encode_bytes(Dialect::new(format).escaping(escaping));
        let plain = exposed(Escaping::AllowUtf8);
        assert!(plain == exposed(Escaping::Underscores) && plain == exposed(Escaping::Values));
        let dots = exposed(Escaping::Dots);
        let read = match format {
            Format::Protobuf => protobuf(&dots).unwrap(),
            Format::OpenMetrics => conformance::open_metrics(str::from_utf8(&dots).unwrap()).unwrap(),
            _ => conformance::text(str::from_utf8(&dots).unwrap()).unwrap(),
        };
        let sample = read.sample("cpu__user__seconds__total", &[("cpu__core", "a_b=\"c_d\",")]);
        assert_eq!(sample.unwrap().value.as_f64(), 1.0);
        // A unit that is no longer the suffix would fail the scrape.
        assert!(read.families.iter().all(|family| family.unit.is_none()));
    }
}
