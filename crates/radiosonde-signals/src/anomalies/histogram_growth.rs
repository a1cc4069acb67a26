use std::ops::AddAssign;

use radiosonde_metrics::model::Number;
use radiosonde_metrics::snapshot::{SeriesSnapshot, Snapshot, SnapshotValue, histogram_quantile};

use crate::golden::Series;
use crate::objectives::increases::Increases;
use crate::objectives::window_ring::Amount;

/// The growth of histograms with the same buckets since their last reading.
///
/// # Shape
/// The buckets are those of the first series. Series with others are left out while any has them; once none has them, such as after the metric was
/// declared again, the buckets are those of the first series then, and what these have by then is not growth.
#[derive(Debug, Default)]
pub struct HistogramGrowth {
    bounds: Box<[f64]>,
    buckets: Vec<Increases>,
}

/// The number of observations in each bucket of a histogram; empty for none at all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BucketCounts(Vec<f64>);

impl HistogramGrowth {
    /// Reads the series, and passes on by how much the buckets of each have grown. Whether the buckets are still those of the last reading.
    pub fn read(
        &mut self,
        of: &Series,
        snapshot: &Snapshot,
        mut add: impl FnMut(&SeriesSnapshot, BucketCounts),
    ) -> bool {
        let are_same = self.find_bounds(of, snapshot);
        self.buckets.iter_mut().for_each(Increases::begin);
        // The labels are matched once, not for each bucket.
        for series in of.select(snapshot) {
            let SnapshotValue::Histogram { bounds, counts, .. } = series.value() else { continue };
            if *bounds != self.bounds {
                continue;
            }
            let total = series.number();
            let grown = self.buckets.iter_mut().zip(counts).map(|(bucket, count)| {
                // The total beside it, so that all buckets of a histogram that began again count in full.
                let values = [Number::Unsigned(*count).as_f64(), total];
                bucket.read(of.metric(), series.labels(), values)[0]
            });
            let grown = BucketCounts(grown.collect());
            add(series, if are_same { grown } else { BucketCounts::default() });
        }
        self.buckets.iter_mut().for_each(Increases::end);
        are_same
    }

    /// A quantile of observations in these buckets; `None` without observations.
    #[must_use]
    pub fn quantile(&self, quantile: f64, counts: &BucketCounts) -> Option<f64> {
        histogram_quantile(quantile, &self.bounds, &counts.0)
    }

    /// Finds the bounds of the buckets. Whether they are still the same, or the first ones.
    fn find_bounds(&mut self, of: &Series, snapshot: &Snapshot) -> bool {
        let bounds = || {
            of.select(snapshot).filter_map(|series| match series.value() {
                SnapshotValue::Histogram { bounds, .. } => Some(bounds),
                _ => None,
            })
        };
        let Some(first) = bounds().next() else { return true };
        let are_first = self.buckets.is_empty();
        if !are_first && bounds().any(|bounds| *bounds == self.bounds) {
            return true;
        }
        self.bounds = first.clone();
        self.buckets.clear();
        self.buckets.resize_with(first.len() + 1, Increases::default);
        are_first
    }
}

impl Amount for BucketCounts {
    fn is_nothing(&self) -> bool {
        self.0.iter().all(|count| *count == 0.0)
    }
}

impl AddAssign<&Self> for BucketCounts {
    fn add_assign(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0.0);
        }
        for (sum, count) in self.0.iter_mut().zip(&other.0) {
            *sum += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use radiosonde_metrics::Registry;
    use radiosonde_metrics::collect::{Collection, Collector};
    use radiosonde_metrics::model::{HistogramSample, Kind, LabelSet};

    use super::*;

    /// Histograms by their label, their bounds and their counts.
    struct Gives(&'static [(&'static str, &'static [f64], &'static [u64])]);

    impl Collector for Gives {
        fn collect(&self, out: &mut Collection) {
            let family = out.family("wait_seconds", "Wait.", Kind::Histogram);
            for &(queue, bounds, counts) in self.0 {
                let sample = HistogramSample { bounds, counts, ..HistogramSample::default() };
                family.histogram(LabelSet::new([("queue", queue)]), &sample);
            }
        }
    }

    fn snapshot(gives: Gives) -> Snapshot {
        let registry = Registry::new();
        registry.collect_from(gives);
        registry.snapshot()
    }

    fn read(growth: &mut HistogramGrowth, gives: Gives) -> (bool, BucketCounts) {
        let of = Series::of(&Registry::new(), "wait_seconds", Kind::Histogram);
        let mut sum = BucketCounts::default();
        let are_same = growth.read(&of, &snapshot(gives), |_, grown| sum += &grown);
        (are_same, sum)
    }

    fn same(counts: &[f64]) -> (bool, BucketCounts) {
        (true, BucketCounts(counts.to_vec()))
    }

    const BOUNDS: &[f64] = &[-1.0, 1.0];

    #[test]
    fn buckets_grow_since_the_last_reading_or_since_a_reset() {
        let mut growth = HistogramGrowth::default();
        assert_eq!(growth.quantile(0.5, &BucketCounts::default()), None);
        assert_eq!(read(&mut growth, Gives(&[])), same(&[]));
        assert_eq!(read(&mut growth, Gives(&[("a", BOUNDS, &[4, 1, 2])])), same(&[4.0, 1.0, 2.0]));
        assert_eq!(read(&mut growth, Gives(&[("a", BOUNDS, &[4, 3, 3])])), same(&[0.0, 2.0, 1.0]));
        assert_eq!(
            read(&mut growth, Gives(&[("a", BOUNDS, &[0, 5, 1])])),
            same(&[0.0, 5.0, 1.0]),
            "began again"
        );
        assert_eq!(read(&mut growth, Gives(&[])), same(&[]));
        assert_eq!(growth.quantile(0.5, &BucketCounts(vec![0.0; 3])), None);
    }

    #[test]
    fn histograms_add_up_if_they_have_the_same_buckets() {
        let mut growth = HistogramGrowth::default();
        let gives = Gives(&[("a", BOUNDS, &[1, 0, 0]), ("b", &[5.0], &[7, 7]), ("c", BOUNDS, &[0, 3, 0])]);
        let (_, counts) = read(&mut growth, gives);
        assert_eq!(counts, BucketCounts(vec![1.0, 3.0, 0.0]));
        let quantiles = [0.0, 0.25, 0.625, 1.0].map(|at| growth.quantile(at, &counts));
        assert_eq!(quantiles, [-1.0, -1.0, 0.0, 1.0].map(Some));
    }

    #[test]
    fn other_buckets_are_read_once_no_histogram_has_the_former() {
        let mut growth = HistogramGrowth::default();
        let both = |b| Gives(if b { &[("a", &[5.0], &[7, 7]), ("c", BOUNDS, &[0, 3, 0])] } else { &[] });
        read(&mut growth, Gives(&[("c", BOUNDS, &[0, 1, 0])]));
        assert_eq!(read(&mut growth, both(true)), same(&[0.0, 2.0, 0.0]), "a is first, and left out");
        assert_eq!(read(&mut growth, both(false)), same(&[]));
        let a = |counts| Gives(counts);
        assert_eq!(read(&mut growth, a(&[("a", &[5.0], &[8, 9])])), (false, BucketCounts::default()));
        assert_eq!(read(&mut growth, a(&[("a", &[5.0], &[8, 11])])), same(&[0.0, 2.0]));
    }
}
