use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radiosonde_metrics::snapshot::Snapshot;
use radiosonde_signals::{GoldenSignals, Limit, Series};

use crate::evaluating::group::merged;
use crate::evaluating::moment::Moment;
use crate::evaluating::windows::{BucketWindows, EventWindows, Frame, Window};
use crate::evaluating::work_signals::{failing, filling};
use crate::rules::value::{GaugeMerge, Value, ValueSource};

/// The number of each group, `None` where there is no data.
pub(crate) type Numbers = Vec<(String, Option<f64>)>;

/// The state of a value between evaluations.
#[derive(Debug)]
pub(crate) enum Memory {
    Nothing,
    Events(EventWindows),
    Buckets(BucketWindows),
}

impl Memory {
    pub(crate) fn of(value: &Value) -> Self {
        match value.source {
            ValueSource::Increase(..)
            | ValueSource::Rate(..)
            | ValueSource::Ratio { .. }
            | ValueSource::ErrorRatio(..) => Self::Events(EventWindows::new()),
            ValueSource::Quantile { .. } => Self::Buckets(BucketWindows::new()),
            ValueSource::Gauge(..)
            | ValueSource::Share(..)
            | ValueSource::Saturation(_)
            | ValueSource::Age(_) => Self::Nothing,
        }
    }

    /// The number of label values that had no room since the last call.
    pub(crate) fn take_refused(&mut self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Events(windows) => windows.take_refused(),
            Self::Buckets(windows) => windows.take_refused(),
        }
    }
}

/// The most values of a label whose windows a value keeps.
const MAX_GROUPS: usize = 1_000;

/// Computes a value on one snapshot. Of all series together there is always one number, or `None`; of a label's values there are those that
/// have series, and those that have events in the window.
///
/// An increase that is compared by whether it is low has no number until its window was observed in full: it is low at first in any case.
pub(crate) fn numbers(value: &Value, memory: &mut Memory, is_above: bool, moment: &Moment<'_>) -> Numbers {
    let mut numbers = of_groups(value, memory, is_above, moment);
    if value.by.is_none() && numbers.is_empty() {
        numbers.push((String::new(), None));
    }
    numbers
}

fn of_groups(value: &Value, memory: &mut Memory, is_above: bool, moment: &Moment<'_>) -> Numbers {
    let Moment { registry, snapshot, now, .. } = moment;
    let by = value.by.as_deref();
    let frame = |length: Duration| Frame { length, by, max_groups: MAX_GROUPS, now: now.monotonic };
    match (&value.source, memory) {
        (ValueSource::Gauge(series, merge), _) => {
            let merge = |a: f64, b: f64| match merge {
                GaugeMerge::Sum => a + b,
                GaugeMerge::Highest => a.max(b),
                GaugeMerge::Lowest => a.min(b),
            };
            known(merged(series, snapshot, by, merge))
        }
        (ValueSource::Share(part, all), _) => {
            shares(part, &Limit::Metric(all.clone()), Some(0.0), snapshot, by).into_iter().collect()
        }
        (ValueSource::Saturation(work), _) => saturation(&work.signals(registry), snapshot, by),
        (ValueSource::Age(series), _) => ages(series, snapshot, by, now.wall),
        (ValueSource::Increase(series, length), Memory::Events(windows)) => {
            let windows = windows.read(&[], std::slice::from_ref(series), snapshot, frame(*length));
            let is_known =
                |observed: Duration| observed >= *length || (is_above && observed > Duration::ZERO);
            each(windows, |window| is_known(window.observed).then_some(window.counts.total))
        }
        (ValueSource::Rate(series, length), Memory::Events(windows)) => {
            let windows = windows.read(&[], std::slice::from_ref(series), snapshot, frame(*length));
            each(windows, |window| {
                let seconds = window.observed.min(*length).as_secs_f64();
                (seconds > 0.0).then(|| window.counts.total / seconds)
            })
        }
        (ValueSource::Ratio { bad, all, window }, Memory::Events(windows)) => {
            let [bad, all] = [bad, all].map(std::slice::from_ref);
            each(windows.read(bad, all, snapshot, frame(*window)), |window| window.counts.bad_ratio())
        }
        (ValueSource::ErrorRatio(work, window), Memory::Events(windows)) => {
            let (bad, all): (Vec<Series>, Vec<Series>) = failing(&work.signals(registry)).unzip();
            each(windows.read(&bad, &all, snapshot, frame(*window)), |window| window.counts.bad_ratio())
        }
        (ValueSource::Quantile { quantile, of, window }, Memory::Buckets(windows)) => {
            windows.read(of, *quantile, snapshot, frame(*window))
        }
        // The memory is made for the value.
        (_, _) => Vec::new(),
    }
}

fn known(groups: BTreeMap<String, Option<f64>>) -> Numbers {
    groups.into_iter().map(|(group, value)| (group, value.filter(|value| !value.is_nan()))).collect()
}

fn each(windows: Vec<(String, Window)>, number: impl Fn(Window) -> Option<f64>) -> Numbers {
    windows.into_iter().map(|(group, window)| (group, number(window))).collect()
}

/// The seconds since the oldest time of each group. 0 is the value of a gauge that was never set.
fn ages(of: &Series, snapshot: &Snapshot, by: Option<&str>, now: SystemTime) -> Numbers {
    let since = now.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    let oldest = merged(of, snapshot, by, |a, b| if a == 0.0 || (b != 0.0 && b < a) { b } else { a });
    let set = oldest.into_iter().filter(|(_, time)| *time != Some(0.0));
    set.map(|(group, time)| (group, time.map(|time| since - time))).collect()
}

fn saturation(signals: &[GoldenSignals], snapshot: &Snapshot, by: Option<&str>) -> Numbers {
    let mut fullest = BTreeMap::<String, Option<f64>>::new();
    for of in filling(signals) {
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
        Limit::Fixed(limit) => used.keys().map(|group| (group.clone(), Some(*limit))).collect(),
        Limit::Unknown => BTreeMap::new(),
    };
    let share = |(group, limit): (String, Option<f64>)| {
        let used = used.get(&group).copied().unwrap_or(absent);
        let limit = limit.filter(|limit| *limit > 0.0);
        (group, used.zip(limit).map(|(used, limit)| used / limit).filter(|share| !share.is_nan()))
    };
    limits.into_iter().map(share).collect()
}
