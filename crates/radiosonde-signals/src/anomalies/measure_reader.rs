use radiosonde_metrics::model::Kind;
use radiosonde_metrics::snapshot::Snapshot;
use std::time::Duration;

use crate::anomalies::measure::{Measure, Source};
use crate::golden::Series;

/// Reads a measure from one snapshot after the other.
#[derive(Debug, Default)]
pub(crate) struct MeasureReader {
    last: Option<Duration>,
}

impl MeasureReader {
    /// The value in this snapshot, of this time; `None` if there is no value.
    pub(crate) fn read(&mut self, measure: &Measure, snapshot: &Snapshot, now: Duration) -> Option<f64> {
        let last = self.last.replace(now);
        match &measure.0 {
            Source::Gauge(gauges) => gauges.known_sum(snapshot),
            Source::Function(function) => function(snapshot),
            Source::Ratio(part, whole) if is_gauge(part) && is_gauge(whole) => {
                let (part, whole) = (part.known_sum(snapshot)?, whole.known_sum(snapshot)?);
                (whole != 0.0).then(|| part / whole)
            }
            _ => last.and(None),
        }
    }
}

fn is_gauge(series: &Series) -> bool {
    !matches!(series.kind(), Kind::Counter | Kind::Histogram | Kind::Summary)
}
