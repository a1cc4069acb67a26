use std::time::Duration;

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::snapshot::{SeriesSnapshot, Snapshot};

use crate::anomalies::histogram_growth::{BucketCounts, HistogramGrowth};
use crate::anomalies::measure::{Measure, Source};
use crate::golden::Series;
use crate::objectives::increases::Increases;

/// Reads a measure from one snapshot after the other.
#[derive(Debug, Default)]
pub(crate) struct MeasureReader {
    last: Option<Duration>,
    growth: Increases,
    whole_growth: Increases,
    histogram: HistogramGrowth,
}

impl MeasureReader {
    /// The value in this snapshot, of this time; `None` if there is no value.
    pub(crate) fn read(&mut self, measure: &Measure, snapshot: &Snapshot, now: Duration) -> Option<f64> {
        let last = self.last;
        // A second snapshot of the same moment adds to the growth until the next one.
        if last == Some(now) && measure.is_growth() {
            return None;
        }
        self.last = Some(now);
        let value = match &measure.0 {
            Source::Gauge(gauges) => return gauges.known_sum(snapshot),
            Source::Function(function) => return function(snapshot),
            Source::Ratio(part, whole) if !measure.is_growth() => {
                return quotient(part.known_sum(snapshot)?, whole.known_sum(snapshot)?);
            }
            Source::Rate(counters) => {
                let grown = grown(&mut self.growth, counters, snapshot, number)[0];
                last.and_then(|last| quotient(grown, now.saturating_sub(last).as_secs_f64()))
            }
            Source::Mean(histogram) => {
                let [count, sum] = grown(&mut self.growth, histogram, snapshot, count_and_sum);
                quotient(sum, count)
            }
            Source::Ratio(part, whole) => {
                let part = grown(&mut self.growth, part, snapshot, number)[0];
                let whole = grown(&mut self.whole_growth, whole, snapshot, number)[0];
                quotient(part, whole)
            }
            Source::Quantile(histogram, quantile) => {
                let mut counts = BucketCounts::default();
                self.histogram.read(histogram, snapshot, |_, grown| counts += &grown);
                self.histogram.quantile(*quantile, &counts)
            }
        };
        // Before the first snapshot everything grew, but over an unknown time.
        last.and(value)
    }
}

impl Measure {
    /// Whether the value is of the time since the evaluation before.
    fn is_growth(&self) -> bool {
        let grows =
            |series: &Series| matches!(series.kind(), Kind::Counter | Kind::Histogram | Kind::Summary);
        match &self.0 {
            Source::Gauge(_) | Source::Function(_) => false,
            Source::Rate(_) | Source::Mean(_) | Source::Quantile(..) => true,
            Source::Ratio(part, whole) => grows(part) && grows(whole),
        }
    }
}

fn quotient(part: f64, whole: f64) -> Option<f64> {
    (whole != 0.0).then(|| part / whole)
}

/// By how much the series have grown together since they were read last.
fn grown(
    increases: &mut Increases,
    of: &Series,
    snapshot: &Snapshot,
    values: impl Fn(&SeriesSnapshot) -> [f64; 2],
) -> [f64; 2] {
    increases.begin();
    let each = of.select(snapshot).map(|series| increases.read(of.metric(), series.labels(), values(series)));
    let sum = each.fold([0.0, 0.0], |sum, grown| [sum[0] + grown[0], sum[1] + grown[1]]);
    increases.end();
    sum
}

fn number(series: &SeriesSnapshot) -> [f64; 2] {
    [series.number(), 0.0]
}

fn count_and_sum(series: &SeriesSnapshot) -> [f64; 2] {
    [series.number(), series.value().sum()]
}
