use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::snapshot::Snapshot;
use radiosonde_signals::{GoldenSignals, Limit, Saturation, Series};

use crate::evaluating::group::merged;
use crate::evaluating::moment::Moment;
use crate::evaluating::windows::{BucketWindows, EventWindows, Frame, Window};
use crate::rules::value::{Events, Merge, Source, Value};

/// The number of each group, `None` where there is no data.
pub(crate) type Numbers = Vec<(String, Option<f64>)>;

/// What a value remembers from one evaluation to the next.
#[derive(Debug)]
pub(crate) enum Memory {
    Nothing,
    Events(EventWindows),
    Buckets(BucketWindows),
}

impl Memory {
    pub(crate) fn of(value: &Value) -> Self {
        match value.source {
            Source::Increase(..) | Source::Rate(..) | Source::Ratio { .. } => {
                Self::Events(EventWindows::new())
            }
            Source::Quantile { .. } => Self::Buckets(BucketWindows::new()),
            Source::Gauge(..) | Source::Share(..) | Source::Saturation(_) | Source::Age(_) => Self::Nothing,
        }
    }

    /// How many label values had no room since this was asked last.
    pub(crate) fn take_refused(&mut self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Events(windows) => windows.take_refused(),
            Self::Buckets(windows) => windows.take_refused(),
        }
    }
}

/// Computes a value on one snapshot.
pub(crate) fn numbers(value: &Value, memory: &mut Memory, max_groups: usize, moment: &Moment<'_>) -> Numbers {
    let Moment { registry, snapshot, now, .. } = moment;
    let by = value.by.as_deref();
    let frame = |length: Duration| Frame { length, by, max_groups, now: now.monotonic };
    match (&value.source, memory) {
        (Source::Gauge(series, merge), _) => {
            let merge = |a: f64, b: f64| match merge {
                Merge::Sum => a + b,
                Merge::Highest => a.max(b),
                Merge::Lowest => a.min(b),
            };
            known(merged(series, snapshot, by, merge))
        }
        (Source::Share(part, all), _) => {
            shares(part, &Limit::Metric(all.clone()), Some(0.0), snapshot, by).into_iter().collect()
        }
        (Source::Saturation(work), _) => saturation(&work.signals(registry), snapshot, by),
        (Source::Age(series), _) => ages(series, snapshot, by, now.wall),
        (Source::Increase(series, window), Memory::Events(windows)) => {
            let windows = windows.read(&[], std::slice::from_ref(series), snapshot, frame(*window));
            each(windows, |window| (!window.observed.is_zero()).then_some(window.counts.total))
        }
        (Source::Rate(series, length), Memory::Events(windows)) => {
            let windows = windows.read(&[], std::slice::from_ref(series), snapshot, frame(*length));
            each(windows, |window| {
                let seconds = window.observed.min(*length).as_secs_f64();
                (seconds > 0.0).then(|| window.counts.total / seconds)
            })
        }
        (Source::Ratio { bad, all, window }, Memory::Events(windows)) => {
            let [bad, all] = [bad, all].map(|events| resolved(events, moment));
            each(windows.read(&bad, &all, snapshot, frame(*window)), |window| window.counts.bad_ratio())
        }
        (Source::Quantile { quantile, of, window }, Memory::Buckets(windows)) => {
            windows.read(of, *quantile, snapshot, frame(*window))
        }
        // The memory is made for the value.
        (_, _) => Vec::new(),
    }
}

fn known(groups: BTreeMap<String, f64>) -> Numbers {
    groups.into_iter().map(|(group, value)| (group, Some(value))).collect()
}

fn each(windows: Vec<(String, Window)>, number: impl Fn(Window) -> Option<f64>) -> Numbers {
    windows.into_iter().map(|(group, window)| (group, number(window))).collect()
}

fn resolved(events: &Events, moment: &Moment<'_>) -> Vec<Series> {
    let of = |signal: fn(&GoldenSignals) -> Option<&Series>, signals: &[GoldenSignals]| {
        signals.iter().filter_map(signal).cloned().collect()
    };
    match events {
        Events::Of(series) => vec![series.clone()],
        Events::ErrorsOf(work) => of(GoldenSignals::errors, &work.signals(moment.registry)),
        Events::TrafficOf(work) => of(GoldenSignals::traffic, &work.signals(moment.registry)),
    }
}

/// The seconds since the oldest time of each group. 0 is the value of a gauge that was never set.
fn ages(of: &Series, snapshot: &Snapshot, by: Option<&str>, now: SystemTime) -> Numbers {
    let since = now.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    let oldest = merged(of, snapshot, by, |a, b| if a == 0.0 || (b != 0.0 && b < a) { b } else { a });
    let set = oldest.into_iter().filter(|(_, time)| *time != 0.0);
    set.map(|(group, time)| (group, Some(since - time))).collect()
}

fn saturation(signals: &[GoldenSignals], snapshot: &Snapshot, by: Option<&str>) -> Numbers {
    let mut fullest = BTreeMap::<String, Option<f64>>::new();
    for of in signals.iter().filter_map(GoldenSignals::saturation).filter(|of| !is_rate(of)) {
        for (group, share) in shares(of.in_use(), of.limit(), None, snapshot, by) {
            let before = fullest.entry(group).or_insert(None);
            *before = match (*before, share) {
                (Some(a), Some(b)) => Some(a.max(b)),
                (a, b) => a.or(b),
            };
        }
    }
    fullest.into_iter().collect()
}

/// Whether a resource is in use by the rate of a counter, which a snapshot does not have.
fn is_rate(saturation: &Saturation) -> bool {
    saturation.in_use().kind() == Kind::Counter
}

/// The share of its limit that each group uses; `None` if the limit is unknown or 0. A group without a series of what is in use has `absent`.
fn shares(
    in_use: &Series,
    limit: &Limit,
    absent: Option<f64>,
    snapshot: &Snapshot,
    by: Option<&str>,
) -> BTreeMap<String, Option<f64>> {
    let sum = |series: &Series| merged(series, snapshot, by, |a, b| a + b);
    let used = sum(in_use);
    let limits = match limit {
        Limit::Metric(series) => sum(series),
        Limit::Fixed(limit) => used.keys().map(|group| (group.clone(), *limit)).collect(),
        Limit::Unknown => BTreeMap::new(),
    };
    let share = |(group, limit): (String, f64)| {
        let used = used.get(&group).copied().or(absent);
        let share = used.filter(|_| limit > 0.0).map(|used| used / limit);
        (group, share)
    };
    limits.into_iter().map(share).collect()
}
