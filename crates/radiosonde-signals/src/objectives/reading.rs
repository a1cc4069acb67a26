use std::time::Duration;

use radiosonde_metrics::model::Number;
use radiosonde_metrics::snapshot::{SeriesSnapshot, Snapshot, SnapshotValue};

use crate::objectives::counts::Counts;
use crate::objectives::increases::Increases;
use crate::objectives::indicator::Bound;
use crate::objectives::label_sets::LabelSets;
use crate::objectives::moment::Moment;
use crate::objectives::recent_rate::RecentRate;
use crate::objectives::selected::Selected;
use crate::objectives::sources::Sources;
use crate::objectives::thresholds::is_same_bound;

/// Reads what an objective counts from snapshots: the events or the seconds since the last one.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    total: Increases,
    bad: Increases,
    rate: RecentRate,
    /// The time of the first reading, by the monotonic clock.
    begun: Option<Duration>,
}

impl Reading {
    /// Reads what there was at the beginning, which counts as nothing.
    pub(crate) fn begin(&mut self, sources: &Sources, snapshot: &Snapshot) {
        let mut known = LabelSets::default();
        known.begin();
        self.growth(&mut sources.clone(), snapshot, &mut known);
    }

    /// The counts since the last reading. `step` is the time since then.
    pub(crate) fn read(
        &mut self,
        sources: &mut Sources,
        snapshot: &Snapshot,
        known: &mut LabelSets,
        moment: Moment,
        step: Duration,
    ) -> Counts {
        let grown = self.growth(sources, snapshot, known);
        let age = moment.monotonic.saturating_sub(*self.begun.get_or_insert(moment.monotonic));
        let is_good = match sources {
            Sources::Events { .. } | Sources::Latency { .. } => return grown,
            Sources::Throughput { at_least, .. } => {
                self.rate.after(grown.total, moment.monotonic).map(|rate| rate >= *at_least)
            }
            Sources::Freshness { timestamp, at_most } => {
                let is_young = age.as_secs_f64() <= *at_most;
                let is_known = |time: &f64| *time > 0.0 || !is_young;
                all_good(timestamp, snapshot, known, is_known, |time| moment.unix_seconds - time <= *at_most)
            }
            Sources::Gauge { gauge, bound } => {
                let is_good = |value| match *bound {
                    Bound::AtMost(most) => value <= most,
                    Bound::AtLeast(least) => value >= least,
                };
                all_good(gauge, snapshot, known, |_| true, is_good)
            }
        };
        let total = step.as_secs_f64();
        match is_good {
            Some(true) => Counts { total, bad: 0.0 },
            Some(false) => Counts { total, bad: total },
            None => Counts::default(),
        }
    }

    /// By how much the counters of an objective have grown.
    fn growth(&mut self, sources: &mut Sources, snapshot: &Snapshot, known: &mut LabelSets) -> Counts {
        match sources {
            Sources::Events { bad, total } => Counts {
                total: growth(&mut self.total, total, snapshot, known, number)[0],
                bad: growth(&mut self.bad, bad, snapshot, known, number)[0],
            },
            Sources::Latency { histograms, threshold } => {
                let threshold = *threshold;
                let value = |series: &SeriesSnapshot| observations(series.value(), threshold);
                let [total, bad] = growth(&mut self.total, histograms, snapshot, known, value);
                Counts { total, bad }
            }
            Sources::Throughput { events, .. } => {
                let total = growth(&mut self.total, std::slice::from_mut(events), snapshot, known, number)[0];
                Counts { total, bad: 0.0 }
            }
            Sources::Freshness { .. } | Sources::Gauge { .. } => Counts::default(),
        }
    }
}

/// By how much the series that these select have grown together. A series that several select counts once.
fn growth(
    increases: &mut Increases,
    of: &mut [Selected],
    snapshot: &Snapshot,
    known: &mut LabelSets,
    value: impl Fn(&SeriesSnapshot) -> Option<[f64; 2]>,
) -> [f64; 2] {
    increases.begin();
    let mut sum = [0.0, 0.0];
    for selected in of {
        let (metric, found) = selected.find(snapshot, known);
        for series in found {
            if let Some(values) = value(series) {
                let grown = increases.read(metric, series.labels(), values);
                sum = [sum[0] + grown[0], sum[1] + grown[1]];
            }
        }
    }
    increases.end();
    sum
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "one of two ways to read a series, and the other may find nothing"
)]
fn number(series: &SeriesSnapshot) -> Option<[f64; 2]> {
    Some([series.number(), 0.0])
}

/// All observations of a histogram, and those above the threshold; `None` without a bucket that ends there.
fn observations(value: &SnapshotValue, threshold: f64) -> Option<[f64; 2]> {
    let SnapshotValue::Histogram { bounds, counts, .. } = value else { return None };
    let at = bounds.iter().position(|&bound| is_same_bound(bound, threshold))?;
    let count = |counts: &[u64]| {
        Number::Unsigned(counts.iter().fold(0, |sum, count| u64::saturating_add(sum, *count))).as_f64()
    };
    Some([count(counts), count(&counts[at + 1..])])
}

/// Whether all series with a known value are good; `None` if there are none. One that is not a number is not known.
fn all_good(
    of: &mut Selected,
    snapshot: &Snapshot,
    known: &mut LabelSets,
    is_known: impl Fn(&f64) -> bool,
    is_good: impl Fn(f64) -> bool,
) -> Option<bool> {
    let values = of.find(snapshot, known).1.map(SeriesSnapshot::number).filter(|value| !value.is_nan());
    values.filter(is_known).map(is_good).reduce(|all, one| all && one)
}
