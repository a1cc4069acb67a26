use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{
    Exemplar, HistogramSample, Kind, LabelSet, Number, NumberSample, SummarySample,
};

use super::words::{bounds, family_name, label_names, number, text};
use crate::LabelPairs;

/// A collector that keeps to the rules, with the most hostile names, labels, helps, values and exemplars they permit.
///
/// Its names collide wherever only some formats care.
#[derive(Debug, Clone)]
pub struct Hostile {
    /// The families by name.
    pub families: BTreeMap<String, HostileFamily>,
}

/// One family of a [`Hostile`] collector.
#[derive(Debug, Clone)]
pub struct HostileFamily {
    /// The kind of the family.
    pub kind: Kind,
    help: String,
    unit: String,
    /// The series by their labels.
    series: BTreeMap<LabelPairs, HostileSeries>,
    bounds: Vec<f64>,
}

#[derive(Debug, Clone)]
struct HostileSeries {
    value: f64,
    count: u64,
    exemplar: Option<(LabelPairs, Option<u64>)>,
}

/// See [`Hostile`].
pub fn hostile() -> impl Strategy<Value = Hostile> {
    prop::collection::vec((name_and_kind(), family()), 2..10).prop_map(|families| {
        let families =
            families.into_iter().map(|((name, kind), family)| (name, HostileFamily { kind, ..family }));
        Hostile { families: families.collect() }
    })
}

fn name_and_kind() -> impl Strategy<Value = (String, Kind)> {
    let kind = prop::sample::select(vec![
        Kind::Counter,
        Kind::Counter,
        Kind::Gauge,
        Kind::Histogram,
        Kind::Summary,
        Kind::Info,
        Kind::Unknown,
    ]);
    let name = prop_oneof![6 => family_name(), 1 => Just("a".to_owned()), 1 => Just("a_created".to_owned())];
    (name, kind, any::<bool>()).prop_map(|(name, kind, suffixed)| match kind {
        Kind::Counter if suffixed => (name + "_total", kind),
        Kind::Info => (name + "_info", kind),
        _ => (name, kind),
    })
}

fn family() -> impl Strategy<Value = HostileFamily> {
    let unit = prop_oneof![Just(String::new()), Just("seconds".to_owned()), Just("b".to_owned())];
    let series = label_names().prop_flat_map(|names| {
        let labels = prop::collection::vec(text(), names.len()).prop_map(move |values| {
            let labels = names.iter().cloned().zip(values);
            labels.filter(|(_, value)| !value.is_empty()).collect::<LabelPairs>()
        });
        prop::collection::btree_map(labels, one_series(), 1..4)
    });
    (text(), unit, series, bounds()).prop_map(|(help, unit, series, bounds)| HostileFamily {
        kind: Kind::Unknown,
        help,
        unit,
        series,
        bounds,
    })
}

/// Values including NaN with every payload, such as the marker of a series that has ended.
fn one_series() -> impl Strategy<Value = HostileSeries> {
    let nan = prop_oneof![
        Just(0x7ff0_0000_0000_0002_u64),
        Just(u64::MAX),
        any::<u64>().prop_map(|bits| bits | 0x7ff0_0000_0000_0001),
    ];
    let value = prop_oneof![4 => number(), 1 => nan.prop_map(f64::from_bits)];
    let labels = (prop::sample::select(vec!["a", "trace_id", "x_"]), text())
        .prop_map(|(name, value)| LabelPairs::from([(name.to_owned(), value)]));
    let millis = 1_000_000_000_000..2_000_000_000_000_u64;
    let exemplar = prop::option::of((labels, prop::option::of(millis)));
    (value, 0..1_u64 << 40, exemplar).prop_map(|(value, count, exemplar)| HostileSeries {
        value,
        count,
        exemplar,
    })
}

impl HostileFamily {
    /// Its own name and the names of its samples in all formats.
    #[must_use]
    pub fn written(&self, name: &str) -> Vec<String> {
        let suffixes: &[&str] = match self.kind {
            Kind::Histogram => &["", "_bucket", "_count", "_sum"],
            Kind::Summary => &["", "_count", "_sum"],
            _ => &[""],
        };
        suffixes.iter().map(|suffix| format!("{name}{suffix}")).collect()
    }
}

impl HostileSeries {
    fn exemplar(&self, value: f64) -> Option<Exemplar> {
        let (labels, millis) = self.exemplar.as_ref()?;
        let exemplar = Exemplar::new(labels.iter().map(|(name, value)| (&**name, &**value)), value).ok()?;
        let at = |millis: u64| UNIX_EPOCH + Duration::from_millis(millis);
        Some(millis.map_or_else(|| exemplar.clone(), |millis| exemplar.clone().at(at(millis))))
    }
}

impl Collector for Hostile {
    fn collect(&self, out: &mut Collection) {
        for (name, family) in &self.families {
            let into = out.family(name, &family.help, family.kind);
            into.unit(&family.unit);
            for (labels, series) in &family.series {
                let labels = LabelSet::new(labels.iter().map(|(name, value)| (&**name, &**value)));
                let HostileSeries { value, count, .. } = *series;
                match family.kind {
                    Kind::Counter => {
                        let exemplar = series.exemplar(value).filter(|_| name.ends_with("_total"));
                        let value = Number::Unsigned(count);
                        into.number(
                            labels,
                            NumberSample { value, exemplar: exemplar.as_ref(), created: None },
                        );
                    }
                    Kind::Info => into.number(labels, Number::Unsigned(1)),
                    Kind::Histogram => {
                        let counts: Vec<u64> =
                            (0..=family.bounds.len()).map(|at| count >> (at * 8)).collect();
                        // From the last bucket.
                        let exemplar = series.exemplar(f64::INFINITY);
                        let mut exemplars = vec![None; family.bounds.len()];
                        exemplars.push(exemplar);
                        let sample = HistogramSample {
                            bounds: &family.bounds,
                            counts: &counts,
                            sum: value,
                            exemplars: &exemplars,
                            ..HistogramSample::default()
                        };
                        into.histogram(labels, &sample);
                    }
                    Kind::Summary => {
                        let quantiles = [(0.5, value), (0.99, value)];
                        let sample =
                            SummarySample { quantiles: &quantiles, sum: value, count, created: None };
                        into.summary(labels, &sample);
                    }
                    _ => into.number(labels, Number::Float(value)),
                }
            }
        }
    }
}
