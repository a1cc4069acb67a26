use radiosonde_metrics::model::Number;
use radiosonde_metrics::snapshot::{Snapshot, SnapshotValue, histogram_quantile};

use crate::golden::Series;
use crate::objectives::increases::Increases;

/// The observations of histograms with the same buckets since they were read last.
#[derive(Debug, Default)]
pub(crate) struct HistogramGrowth {
    bounds: Vec<f64>,
    buckets: Vec<Bucket>,
}

#[derive(Debug, Default)]
struct Bucket {
    increases: Increases,
    grown: f64,
}

impl HistogramGrowth {
    /// Reads the series. Those with other buckets than the first are left out.
    pub(crate) fn read(&mut self, of: &Series, snapshot: &Snapshot) {
        for bucket in &mut self.buckets {
            bucket.increases.begin();
            bucket.grown = 0.0;
        }
        for series in of.select(snapshot) {
            let SnapshotValue::Histogram { bounds, counts, .. } = series.value() else { continue };
            if self.buckets.is_empty() {
                self.bounds = bounds.to_vec();
                self.buckets.resize_with(counts.len(), Bucket::default);
                self.buckets.iter_mut().for_each(|bucket| bucket.increases.begin());
            }
            if **bounds != *self.bounds {
                continue;
            }
            let total = series.number();
            for (bucket, count) in self.buckets.iter_mut().zip(counts) {
                // The total beside it, so that all buckets of a histogram that began again count in full.
                let values = [Number::Unsigned(*count).as_f64(), total];
                bucket.grown += bucket.increases.read(of.metric(), series.labels(), values)[0];
            }
        }
        self.buckets.iter_mut().for_each(|bucket| bucket.increases.end());
    }

    /// A quantile of the observations; `None` without observations.
    pub(crate) fn quantile(&self, quantile: f64) -> Option<f64> {
        let counts: Vec<f64> = self.buckets.iter().map(|bucket| bucket.grown).collect();
        histogram_quantile(quantile, &self.bounds, &counts)
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

    fn read(growth: &mut HistogramGrowth, gives: Gives) -> Vec<f64> {
        growth.read(&Series::of(&Registry::new(), "wait_seconds", Kind::Histogram), &snapshot(gives));
        growth.buckets.iter().map(|bucket| bucket.grown).collect()
    }

    const BOUNDS: &[f64] = &[-1.0, 1.0];

    #[test]
    fn buckets_grow_since_the_last_reading_or_since_a_reset() {
        let mut growth = HistogramGrowth::default();
        assert_eq!(growth.quantile(0.5), None);
        assert_eq!(read(&mut growth, Gives(&[("a", BOUNDS, &[4, 1, 2])])), [4.0, 1.0, 2.0]);
        assert_eq!(read(&mut growth, Gives(&[("a", BOUNDS, &[4, 3, 3])])), [0.0, 2.0, 1.0]);
        assert_eq!(read(&mut growth, Gives(&[("a", BOUNDS, &[0, 5, 1])])), [0.0, 5.0, 1.0], "began again");
        assert_eq!(read(&mut growth, Gives(&[])), [0.0; 3]);
        assert_eq!(growth.quantile(0.5), None);
    }

    #[test]
    fn histograms_add_up_if_they_have_the_same_buckets() {
        let mut growth = HistogramGrowth::default();
        let gives = Gives(&[("a", BOUNDS, &[1, 0, 0]), ("b", &[5.0], &[7, 7]), ("c", BOUNDS, &[0, 3, 0])]);
        assert_eq!(read(&mut growth, gives), [1.0, 3.0, 0.0]);
        assert_eq!([0.0, 0.25, 0.625, 1.0].map(|at| growth.quantile(at)), [-1.0, -1.0, 0.0, 1.0].map(Some));
    }
}
