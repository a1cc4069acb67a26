use std::collections::BTreeMap;

use radiosonde_metrics::model::{Kind, Number};
use radiosonde_metrics::snapshot::{FamilySnapshot, SeriesSnapshot, Snapshot, SnapshotValue};

use crate::{Exposition, LabelPairs};

/// Samples by name and labels, as Prometheus stores them. Labels are sorted and not empty; a bound or a quantile is
/// formatted like a Rust number.
pub type Flat = BTreeMap<(String, LabelPairs), f64>;

/// The samples of a snapshot, for every format except OpenMetrics.
#[must_use]
pub fn flat_snapshot(snapshot: &Snapshot) -> Flat {
    let mut flat = Flat::new();
    snapshot.families().iter().for_each(|family| add(family, false, &mut flat));
    flat
}

/// The samples of a snapshot in OpenMetrics, which has no sums that may decrease and no negative quantiles.
#[must_use]
pub fn flat_snapshot_in_open_metrics(snapshot: &Snapshot) -> Flat {
    let mut flat = Flat::new();
    snapshot.families().iter().for_each(|family| add(family, true, &mut flat));
    flat
}

/// The samples that were read.
#[must_use]
pub fn flat_exposition(exposition: &Exposition) -> Flat {
    let samples = exposition.samples().map(|sample| {
        let labels = sample.labels.iter().map(|(name, value)| (&**name, &**value));
        (key(&sample.name, labels), sample.value.as_f64())
    });
    samples.collect()
}

/// The key of a sample with these labels.
pub fn key<'a>(name: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> (String, LabelPairs) {
    let spelled = |(name, value): (&str, &str)| {
        let value = match (name, value.parse::<f64>()) {
            ("le" | "quantile", Ok(number)) => format!("{:?}", number + 0.0),
            _ => value.to_owned(),
        };
        (name.to_owned(), value)
    };
    let mut labels: LabelPairs =
        labels.into_iter().filter(|(_, value)| !value.is_empty()).map(spelled).collect();
    labels.sort();
    (name.to_owned(), labels)
}

fn add(family: &FamilySnapshot, is_open: bool, flat: &mut Flat) {
    for series in family.series() {
        let mut put = |suffix: &str, more: Option<(&str, f64)>, value| {
            let own: Vec<_> = series.labels().iter().collect();
            let more = more.map(|(name, bound)| (name, format!("{bound:?}")));
            let labels = own.iter().map(|(name, value)| (*name, &**value));
            let labels = labels.chain(more.iter().map(|(name, bound)| (*name, &**bound)));
            flat.insert(key(&format!("{}{suffix}", family.name()), labels), value);
        };
        each(family.kind(), series, is_open, &mut put);
    }
}

fn each(
    kind: Kind,
    series: &SeriesSnapshot,
    is_open: bool,
    put: &mut impl FnMut(&str, Option<(&str, f64)>, f64),
) {
    let whole = |count| Number::Unsigned(count).as_f64();
    match series.value() {
        SnapshotValue::Histogram { bounds, counts, sum, .. } => {
            let mut total = 0;
            for (count, bound) in counts.iter().zip(bounds.iter().copied().chain([f64::INFINITY])) {
                total += count;
                put("_bucket", Some(("le", bound)), whole(total));
            }
            let may_go_down = bounds.first().is_some_and(|bound| *bound < 0.0) || sum.is_nan() || *sum < 0.0;
            if !(is_open && may_go_down) {
                put("_sum", None, *sum);
                put("_count", None, whole(total));
            }
        }
        SnapshotValue::Summary { quantiles, sum, count } => {
            for (quantile, value) in quantiles {
                if !(is_open && *value < 0.0) {
                    put("", Some(("quantile", *quantile)), *value);
                }
            }
            if !(is_open && (sum.is_nan() || *sum < 0.0)) {
                put("_sum", None, *sum);
            }
            put("_count", None, whole(*count));
        }
        SnapshotValue::Number(value) => put("", None, value.as_f64()),
        other => unreachable!("{kind:?} has {other:?}"),
    }
}
