use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{
    Exemplar, HistogramSample, Kind, LabelSet, Number, NumberSample, SummarySample,
};

use super::words::text;
use crate::LabelPairs;

/// A collector whose families have everything besides numbers that a format supports: infos, state sets, exemplars, creation
/// times.
#[derive(Debug, Clone)]
pub struct Rich {
    /// The families by name; a counter's has its `_total`, an info's its `_info`.
    pub families: BTreeMap<String, RichFamily>,
}

/// One family of a [`Rich`] collector, with one metric.
#[derive(Debug, Clone)]
pub enum RichFamily {
    /// Labels with information.
    Info(LabelPairs),
    /// The states, and whether each of them is on.
    States(BTreeMap<String, bool>),
    /// A total.
    Counter {
        /// The total.
        value: u64,
        /// The exemplar of its last event.
        exemplar: Option<RichExemplar>,
        /// In milliseconds since 1970.
        created: Option<u64>,
    },
    /// Counts in buckets whose bounds are 1, 2 and so on.
    Histogram {
        /// One more than there are bounds, each with the bucket's exemplar.
        buckets: Vec<(u64, Option<RichExemplar>)>,
        /// In milliseconds since 1970.
        created: Option<u64>,
    },
    /// A quantile, and a count.
    Summary {
        /// The median.
        median: f64,
        /// How many observations.
        count: u64,
        /// In milliseconds since 1970.
        created: Option<u64>,
    },
}

/// An exemplar with any labels that fit.
#[derive(Debug, Clone)]
pub struct RichExemplar {
    /// Sorted.
    pub labels: LabelPairs,
    /// In milliseconds since 1970.
    pub millis: Option<u64>,
}

/// See [`Rich`].
pub fn rich() -> impl Strategy<Value = Rich> {
    prop::collection::vec(family(), 1..6).prop_map(|families| {
        let named = families.into_iter().enumerate().map(|(at, family)| {
            let suffix = match family {
                RichFamily::Info(_) => "_info",
                RichFamily::Counter { .. } => "_total",
                _ => "",
            };
            (format!("rich_{at}{suffix}"), family)
        });
        Rich { families: named.collect() }
    })
}

fn family() -> impl Strategy<Value = RichFamily> {
    let count = || 0..1_u64 << 50;
    let states = prop::collection::btree_map(value(), any::<bool>(), 1..4);
    let bucket = (0..1_u64 << 40, prop::option::of(exemplar()));
    prop_oneof![
        labels().prop_map(RichFamily::Info),
        states.prop_map(RichFamily::States),
        (count(), prop::option::of(exemplar()), created())
            .prop_map(|(value, exemplar, created)| RichFamily::Counter { value, exemplar, created }),
        (prop::collection::vec(bucket, 1..4), created())
            .prop_map(|(buckets, created)| RichFamily::Histogram { buckets, created }),
        (0.0..1e6, count(), created()).prop_map(|(median, count, created)| RichFamily::Summary {
            median,
            count,
            created
        }),
    ]
}

fn millis() -> impl Strategy<Value = u64> {
    1_000_000_000_000..2_000_000_000_000_u64
}

fn created() -> impl Strategy<Value = Option<u64>> {
    prop::option::of(millis())
}

fn value() -> impl Strategy<Value = String> {
    text().prop_filter("an empty value is no label", |value| !value.is_empty())
}

fn labels() -> impl Strategy<Value = LabelPairs> {
    let names = prop::sample::subsequence(vec!["a", "b_c", "service", "trace_id"], 0..4);
    names.prop_flat_map(|names| {
        let values = prop::collection::vec(value(), names.len());
        values.prop_map(move |values| names.iter().map(|name| (*name).to_owned()).zip(values).collect())
    })
}

fn exemplar() -> impl Strategy<Value = RichExemplar> {
    (labels(), prop::option::of(millis())).prop_map(|(labels, millis)| RichExemplar { labels, millis })
}

fn set(labels: &LabelPairs) -> LabelSet {
    LabelSet::new(labels.iter().map(|(name, value)| (&**name, &**value)))
}

fn time(millis: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis)
}

impl RichExemplar {
    /// The exemplar as the collector gives it, with this value; `None` if its labels do not fit.
    fn given(&self, value: f64) -> Option<Exemplar> {
        let labels = self.labels.iter().map(|(name, value)| (&**name, &**value));
        let exemplar = Exemplar::new(labels, value).ok()?;
        Some(self.millis.map_or_else(|| exemplar.clone(), |millis| exemplar.clone().at(time(millis))))
    }
}

impl Collector for Rich {
    fn collect(&self, out: &mut Collection) {
        for (name, family) in &self.families {
            match family {
                RichFamily::Info(labels) => {
                    out.family(name, "Help.", Kind::Info).number(set(labels), Number::Unsigned(1));
                }
                RichFamily::States(states) => {
                    let family = out.family(name, "Help.", Kind::StateSet);
                    for (state, on) in states {
                        let labels = LabelSet::new([(&**name, &**state), ("of", "it")]);
                        family.number(labels, Number::Unsigned((*on).into()));
                    }
                }
                RichFamily::Counter { value, exemplar, created } => {
                    let exemplar = exemplar.as_ref().and_then(|exemplar| exemplar.given(1.0));
                    let (value, created) = (Number::Unsigned(*value), created.map(time));
                    out.number(
                        name,
                        "Help.",
                        Kind::Counter,
                        NumberSample { value, exemplar: exemplar.as_ref(), created },
                    );
                }
                RichFamily::Histogram { buckets, created } => {
                    let bounds: Vec<f64> = (1_u32..).map(f64::from).take(buckets.len() - 1).collect();
                    let counts: Vec<u64> = buckets.iter().map(|(count, _)| *count).collect();
                    let exemplars = (0_u32..).zip(buckets).map(|(at, (_, exemplar))| {
                        exemplar.as_ref().and_then(|exemplar| exemplar.given(f64::from(at) + 0.5))
                    });
                    let exemplars: Vec<_> = exemplars.collect();
                    let sample = HistogramSample {
                        bounds: &bounds,
                        counts: &counts,
                        sum: 1.0,
                        exemplars: &exemplars,
                        native: None,
                        created: created.map(time),
                    };
                    out.family(name, "Help.", Kind::Histogram).histogram(LabelSet::default(), &sample);
                }
                RichFamily::Summary { median, count, created } => {
                    let sample = SummarySample {
                        quantiles: &[(0.5, *median)],
                        sum: 1.0,
                        count: *count,
                        created: created.map(time),
                    };
                    out.family(name, "Help.", Kind::Summary).summary(LabelSet::default(), &sample);
                }
            }
        }
    }
}
