use proptest::prelude::*;
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{
    Exemplar, HistogramSample, Kind, LabelSet, NativeSample, Number, SummarySample,
};
use std::time::{Duration, UNIX_EPOCH};

use super::words::{family_name, number, text};
use crate::LabelPairs;

/// A collector that violates every rule: any names, any kinds, any samples, and possibly a panic in the middle.
#[derive(Debug, Clone)]
pub struct Misbehaving {
    families: Vec<(String, String, Kind, Vec<AnySeries>)>,
    panics: bool,
}

type AnySeries = (LabelPairs, AnySample);

#[derive(Debug, Clone)]
enum AnySample {
    Number(Number),
    Histogram {
        bounds: Vec<f64>,
        counts: Vec<u64>,
        sum: f64,
        exemplars: Vec<Option<Exemplar>>,
        native: Option<AnyNative>,
    },
    Summary {
        quantiles: Vec<(f64, f64)>,
        sum: f64,
        count: u64,
    },
}

/// Arbitrary exponential buckets.
#[derive(Debug, Clone)]
struct AnyNative {
    schema: i32,
    zero: (f64, u64),
    positive: Vec<(i32, u64)>,
    negative: Vec<(i32, u64)>,
    exemplars: Vec<Exemplar>,
}

/// See [`Misbehaving`].
pub fn misbehaving() -> impl Strategy<Value = Misbehaving> {
    let family = (any_name(), text(), kind()).prop_flat_map(|(name, help, kind)| {
        let labels = prop::collection::vec((any_name(), text()), 0..4);
        let series =
            prop::collection::vec((prop_oneof![Just(LabelPairs::new()), labels], any_sample(kind)), 0..5);
        series.prop_map(move |series| (name.clone(), help.clone(), kind, series))
    });
    (prop::collection::vec(family, 0..6), prop::bool::weighted(0.2))
        .prop_map(|(families, panics)| Misbehaving { families, panics })
}

/// Names that are taken, collide, are invalid, or would end the surrounding syntax.
fn any_name() -> impl Strategy<Value = String> {
    let hostile = prop::sample::select(vec![
        "",
        "_total",
        "le",
        "quantile",
        "__name__",
        "a=\"",
        "a=\"x",
        "a=\"x\\",
        "a=\"\",b",
        "a\"",
        "a}",
        "a 1\nb",
        "radiosonde_metrics_refused_total",
        "radiosonde_metrics_collector_errors",
        "process_threads",
        "a",
        "b",
    ]);
    prop_oneof![2 => hostile.prop_map(str::to_owned), 3 => family_name(), 1 => family_name().prop_map(|name| name + "_total"), 1 => text()]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![Kind::Counter, Kind::Gauge, Kind::Histogram, Kind::Summary, Kind::Unknown])
}

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<u64>().prop_map(Number::Unsigned),
        any::<i64>().prop_map(Number::Signed),
        number().prop_map(Number::Float),
    ]
}

/// Mostly one with the shape of the kind.
fn any_sample(kind: Kind) -> BoxedStrategy<AnySample> {
    let any = prop_oneof![any_number().prop_map(AnySample::Number), histogram(), summary()];
    match kind {
        Kind::Histogram => prop_oneof![4 => histogram(), 1 => any].boxed(),
        Kind::Summary => prop_oneof![4 => summary(), 1 => any].boxed(),
        _ => prop_oneof![4 => any_number().prop_map(AnySample::Number), 1 => any].boxed(),
    }
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..10_u64, 1 => any::<u64>()]
}

fn native() -> impl Strategy<Value = AnyNative> {
    let index = prop_oneof![6 => -20..20_i32, 1 => any::<i32>()];
    let buckets = prop_oneof![
        2 => prop::collection::vec((index, count()), 0..4),
        3 => prop::collection::btree_map(-20..20_i32, count(), 0..6).prop_map(|buckets| buckets.into_iter().collect()),
    ];
    let zero = (prop_oneof![3 => Just(0.0), 1 => number()], count());
    (-6..11_i32, zero, buckets.clone(), buckets, prop::collection::vec(exemplar(), 0..3)).prop_map(
        |(schema, zero, positive, negative, exemplars)| AnyNative {
            schema,
            zero,
            positive,
            negative,
            exemplars,
        },
    )
}

fn histogram() -> impl Strategy<Value = AnySample> {
    let parts = (
        prop::option::of(native()),
        prop::collection::vec(number(), 0..4),
        prop::collection::vec(count(), 0..5),
        number(),
        prop_oneof![Just(Vec::new()), prop::collection::vec(prop::option::of(exemplar()), 0..5)],
        prop::bool::weighted(0.8),
    );
    parts.prop_map(|(native, mut bounds, mut counts, sum, exemplars, fits)| {
        if fits {
            bounds.sort_by(f64::total_cmp);
            counts.resize(bounds.len() + 1, 3);
        }
        AnySample::Histogram { bounds, counts, sum, exemplars, native }
    })
}

fn summary() -> impl Strategy<Value = AnySample> {
    let quantile = prop_oneof![1 => number(), 4 => 0.0..=1.0];
    let parts =
        (prop::collection::vec((quantile, number()), 0..4), number(), count(), prop::bool::weighted(0.7));
    parts.prop_map(|(mut quantiles, sum, count, fits)| {
        if fits {
            quantiles.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        }
        AnySample::Summary { quantiles, sum, count }
    })
}

fn exemplar() -> impl Strategy<Value = Exemplar> {
    (any::<[u8; 16]>(), any::<[u8; 8]>(), number(), any::<i32>()).prop_filter_map(
        "ids",
        |(trace, span, value, seconds)| {
            let since = Duration::from_secs(seconds.unsigned_abs().into());
            let timestamp = if seconds < 0 { UNIX_EPOCH - since } else { UNIX_EPOCH + since };
            let context =
                SpanContext::new(TraceId::from_bytes(trace)?, SpanId::from_bytes(span)?, TraceFlags::SAMPLED);
            Some(Exemplar::in_span(&context, value).at(timestamp))
        },
    )
}

impl AnyNative {
    fn sample(&self) -> NativeSample<'_> {
        let Self { schema, zero: (zero_threshold, zero_count), positive, negative, exemplars } = self;
        let (schema, zero_threshold, zero_count) = (*schema, *zero_threshold, *zero_count);
        NativeSample { schema, zero_threshold, zero_count, positive, negative, exemplars }
    }
}

fn label_set(labels: &LabelPairs) -> LabelSet {
    LabelSet::new(labels.iter().map(|(name, value)| (&**name, &**value)))
}

impl Collector for Misbehaving {
    fn collect(&self, out: &mut Collection) {
        for (name, help, kind, series) in &self.families {
            let family = out.family(name, help, *kind);
            for (labels, sample) in series {
                let labels = label_set(labels);
                match sample {
                    AnySample::Number(number) => family.number(labels, *number),
                    AnySample::Histogram { bounds, counts, sum, exemplars, native } => {
                        let native = native.as_ref().map(AnyNative::sample);
                        let sample =
                            HistogramSample { bounds, counts, sum: *sum, exemplars, native, created: None };
                        family.histogram(labels, &sample);
                    }
                    AnySample::Summary { quantiles, sum, count } => {
                        family.summary(
                            labels,
                            &SummarySample { quantiles, sum: *sum, count: *count, created: None },
                        );
                    }
                }
            }
        }
        if self.panics {
            // Without the panic hook: a thousand messages would be useless.
            std::panic::resume_unwind(Box::new("a collector panics"));
        }
    }
}

/// A collector that keeps to the rules, so that its values are exposed.
#[derive(Debug, Clone)]
pub struct WellBehaved {
    /// A name that nothing else in a random registry has, and the value of the series without and with a label.
    pub families: Vec<(String, Kind, Number, String, Number)>,
}

/// See [`WellBehaved`].
pub fn well_behaved() -> impl Strategy<Value = WellBehaved> {
    let value = |kind| match kind {
        Kind::Counter => {
            prop_oneof![any::<u64>().prop_map(Number::Unsigned), (0.0..1e18).prop_map(Number::Float)].boxed()
        }
        _ => any_number().boxed(),
    };
    let kind = prop::sample::select(vec![Kind::Counter, Kind::Gauge, Kind::Unknown]);
    let label = text().prop_filter("an empty value is no label", |value| !value.is_empty());
    let family = (kind, any::<bool>(), label)
        .prop_flat_map(move |(kind, total, label)| (Just((kind, total, label)), value(kind), value(kind)));
    prop::collection::vec(family, 0..4).prop_map(|families| {
        let families = families.into_iter().enumerate().map(|(at, ((kind, total, label), first, second))| {
            let suffix = if total && kind == Kind::Counter { "_total" } else { "" };
            (format!("collected:{at}{suffix}"), kind, first, label, second)
        });
        WellBehaved { families: families.collect() }
    })
}

impl Collector for WellBehaved {
    fn collect(&self, out: &mut Collection) {
        for (name, kind, first, label, second) in &self.families {
            let family = out.family(name, "Collected.", *kind);
            family.number(LabelSet::default(), *first);
            family.number(LabelSet::new([("label", &**label)]), *second);
        }
    }
}
