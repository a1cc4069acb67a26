use std::collections::BTreeMap;

use radiosonde_metrics::snapshot::{SeriesSnapshot, Snapshot};
use radiosonde_signals::Series;

/// The value of the label by which series are told apart; empty if the series does not have it, and of all series if there is no such label.
pub(crate) fn group(series: &SeriesSnapshot, by: Option<&str>) -> String {
    by.and_then(|label| series.label(label)).unwrap_or_default().into_owned()
}

/// One number for the gauges of each group. Those that are not numbers do not count: a group without any other has `None`.
pub(crate) fn merged(
    of: &Series,
    snapshot: &Snapshot,
    by: Option<&str>,
    merge: impl Fn(f64, f64) -> f64,
) -> BTreeMap<String, Option<f64>> {
    let mut groups = BTreeMap::<String, Option<f64>>::new();
    for series in of.select(snapshot) {
        let of_group = groups.entry(group(series, by)).or_default();
        let value = series.number();
        if !value.is_nan() {
            *of_group = Some(of_group.map_or(value, |before| merge(before, value)));
        }
    }
    groups
}
