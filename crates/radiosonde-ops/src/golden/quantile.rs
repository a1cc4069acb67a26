use radiosonde_metrics::model::Number;
use radiosonde_metrics::snapshot::{SeriesSnapshot, SnapshotValue, histogram_quantile};

/// A quantile of all observations of histograms with the same buckets; `None` without observations.
pub(crate) fn quantile<'a>(quantile: f64, series: impl Iterator<Item = &'a SeriesSnapshot>) -> Option<f64> {
    let (mut bounds, mut sums): (&[f64], Vec<u64>) = (&[], Vec::new());
    for series in series {
        let SnapshotValue::Histogram { bounds: own, counts, .. } = series.value() else { continue };
        bounds = own;
        sums.resize(counts.len(), 0);
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum = sum.saturating_add(*count);
        }
    }
    let counts: Vec<f64> = sums.into_iter().map(|count| Number::Unsigned(count).as_f64()).collect();
    histogram_quantile(quantile, bounds, &counts)
}

/// The smallest quantile of summaries that is at least the wanted one, else their largest, with its highest value: quantiles cannot be
/// combined. `None` without a value.
pub(crate) fn summary_quantile<'a>(
    wanted: f64,
    series: impl Iterator<Item = &'a SeriesSnapshot>,
) -> Option<(f64, f64)> {
    let each = series.filter_map(|series| {
        let SnapshotValue::Summary { quantiles, .. } = series.value() else { return None };
        quantiles.iter().find(|(quantile, _)| *quantile >= wanted).or(quantiles.last()).copied()
    });
    let known = each.filter(|(_, value)| !value.is_nan());
    known.reduce(|highest, other| if other.1 > highest.1 { other } else { highest })
}

#[cfg(test)]
mod tests {
    use radiosonde_metrics::{Buckets, Registry};

    use super::*;

    /// The quantiles 0.5, 0.95 and 1 of observations, half of them in a second series.
    fn of(observed: &[f64]) -> [String; 3] {
        let registry = Registry::new();
        let waits =
            registry.histogram("wait_seconds", "Wait.").buckets(Buckets::from_static(&[0.1, 0.5, 1.0]));
        let waits = waits.labels(&["queue"]).unwrap();
        for (at, value) in observed.iter().enumerate() {
            waits.with(&[["a", "b"][at % 2]]).observe(*value);
        }
        let snapshot = registry.snapshot();
        [0.5, 0.95, 1.0].map(|q| {
            let found = quantile(q, snapshot.family("wait_seconds").unwrap().series().iter());
            found.map_or_else(String::new, |found| format!("{found:.6}"))
        })
    }

    #[test]
    fn a_quantile_is_interpolated_in_its_bucket() {
        assert_eq!(of(&[]), ["", "", ""]);
        assert_eq!(of(&[0.05, 0.05, 0.3, 0.3]), ["0.100000", "0.460000", "0.500000"]);
        assert_eq!(of(&[0.7; 10]), ["0.750000", "0.975000", "1.000000"]);
    }

    #[test]
    fn of_summaries_it_is_the_next_quantile_with_its_highest_value() {
        let registry = Registry::new();
        let waits = registry.summary("wait_seconds", "Wait.").quantiles(&[0.5, 0.9, 0.99]);
        let waits = waits.labels(&["queue"]).unwrap();
        let of = |wanted| {
            let snapshot = registry.snapshot();
            let found = summary_quantile(wanted, snapshot.family("wait_seconds").unwrap().series().iter());
            found.map(|(quantile, value)| format!("{quantile}: {value:.1}"))
        };
        assert_eq!(of(0.9), None);
        for (queue, seconds) in [("a", 2.0), ("b", 3.0), ("c", 1.0)] {
            waits.with(&[queue]).observe(seconds);
        }
        let found = [0.5, 0.95, 0.999].map(|wanted| of(wanted).unwrap());
        assert_eq!(found, ["0.5: 3.0", "0.99: 3.0", "0.99: 3.0"]);
    }

    #[test]
    fn beyond_the_last_bound_it_is_that_bound() {
        assert_eq!(of(&[0.05, 7.0, 7.0, 7.0]), ["1.000000"; 3]);
    }
}
