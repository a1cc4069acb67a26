use std::collections::BTreeMap;
use std::time::Duration;

use radiosonde_metrics::snapshot::Snapshot;
use radiosonde_signals::__counting::{Amount, BucketCounts, HistogramGrowth, Increases, WindowRing};
use radiosonde_signals::{Counts, Series};

use crate::evaluating::group::group;

/// Increases of counters in a window, by the values of a label.
#[derive(Debug)]
pub(crate) struct EventWindows {
    bad: Increases,
    all: Increases,
    windows: GroupWindows<Counts>,
}

/// Observations of histograms in a window, those of each bucket, by the values of a label.
#[derive(Debug)]
pub(crate) struct BucketWindows {
    growth: HistogramGrowth,
    windows: GroupWindows<BucketCounts>,
}

/// A window for each value of a label.
///
/// # Limits
/// The number of windows; values of the label beyond it are counted and not read.
#[derive(Debug)]
struct GroupWindows<T> {
    all: BTreeMap<String, WindowRing<T>>,
    /// When the counters were read first: what they had then is not in the window.
    begun: Option<Duration>,
    refused: u64,
}

/// The counts of one value of the label in its window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    pub(crate) counts: Counts,
    /// For how long it has been filled.
    pub(crate) observed: Duration,
}

/// The length of windows, the label by which they are told apart, and when they end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) length: Duration,
    pub(crate) by: Option<&'a str>,
    pub(crate) max_groups: usize,
    pub(crate) now: Duration,
}

impl<T: Amount> GroupWindows<T> {
    const fn new() -> Self {
        Self { all: BTreeMap::new(), begun: None, refused: 0 }
    }

    /// Adds what each group that has series has grown by; then the counts of each group in its window. A group without series and counts
    /// is forgotten.
    fn add(&mut self, mut grown: BTreeMap<String, T>, frame: Frame<'_>) -> Vec<(String, T)> {
        let has_begun = self.begun.is_some();
        self.begun.get_or_insert(frame.now);
        let mut windows = Vec::with_capacity(self.all.len());
        self.all.retain(|group, ring| {
            let grown = grown.remove(group);
            let is_present = grown.is_some();
            if let Some(grown) = grown.filter(|_| has_begun) {
                ring.add(frame.now, grown);
            }
            let counts = ring.counts(frame.now);
            let is_kept = is_present || !counts.is_nothing();
            if is_kept {
                windows.push((group.clone(), counts));
            }
            is_kept
        });
        for (group, grown) in grown {
            if self.all.len() >= frame.max_groups {
                self.refused += 1;
                continue;
            }
            let mut ring = WindowRing::new(frame.length);
            if has_begun {
                ring.add(frame.now, grown);
            }
            windows.push((group.clone(), ring.counts(frame.now)));
            self.all.insert(group, ring);
        }
        windows
    }

    fn observed(&self, now: Duration) -> Duration {
        now.saturating_sub(self.begun.unwrap_or(now))
    }

    /// The number of label values that had no room since the last call.
    fn take_refused(&mut self) -> u64 {
        std::mem::take(&mut self.refused)
    }
}

impl EventWindows {
    pub(crate) fn new() -> Self {
        Self { bad: Increases::default(), all: Increases::default(), windows: GroupWindows::new() }
    }

    /// Reads the counters; then the counts of each group in its window.
    pub(crate) fn read(
        &mut self,
        bad: &[Series],
        all: &[Series],
        snapshot: &Snapshot,
        frame: Frame<'_>,
    ) -> Vec<(String, Window)> {
        let mut grown = BTreeMap::<String, Counts>::new();
        if frame.by.is_none() {
            grown.insert(String::new(), Counts::default());
        }
        growth(&mut self.all, all, snapshot, frame.by, |group, by| {
            grown.entry(group).or_default().total += by;
        });
        growth(&mut self.bad, bad, snapshot, frame.by, |group, by| {
            grown.entry(group).or_default().bad += by;
        });
        let windows = self.windows.add(grown, frame);
        let observed = self.windows.observed(frame.now);
        windows.into_iter().map(|(group, counts)| (group, Window { counts, observed })).collect()
    }

    pub(crate) fn take_refused(&mut self) -> u64 {
        self.windows.take_refused()
    }
}

impl BucketWindows {
    pub(crate) fn new() -> Self {
        Self { growth: HistogramGrowth::default(), windows: GroupWindows::new() }
    }

    /// Reads the histograms; then the quantile of each group in its window, `None` without observations.
    pub(crate) fn read(
        &mut self,
        histograms: &Series,
        of: f64,
        snapshot: &Snapshot,
        frame: Frame<'_>,
    ) -> Vec<(String, Option<f64>)> {
        let mut grown = BTreeMap::<String, BucketCounts>::new();
        let are_same = self.growth.read(histograms, snapshot, |series, by| {
            *grown.entry(group(series, frame.by)).or_default() += &by;
        });
        if !are_same {
            // Observations in the former buckets are in none of the new.
            self.windows.all.clear();
        }
        let windows = self.windows.add(grown, frame);
        windows.into_iter().map(|(group, counts)| (group, self.growth.quantile(of, &counts))).collect()
    }

    pub(crate) fn take_refused(&mut self) -> u64 {
        self.windows.take_refused()
    }
}

/// Passes on the growth of each series with its group. A series that several select counts once.
fn growth(
    increases: &mut Increases,
    of: &[Series],
    snapshot: &Snapshot,
    by: Option<&str>,
    mut add: impl FnMut(String, f64),
) {
    increases.begin();
    for series in of {
        for one in series.select(snapshot) {
            let [grown, _] = increases.read(series.metric(), one.labels(), [one.number(), 0.0]);
            add(group(one, by), grown);
        }
    }
    increases.end();
}
