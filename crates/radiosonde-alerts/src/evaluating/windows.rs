use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use radiosonde_metrics::model::Number;
use radiosonde_metrics::snapshot::{SeriesSnapshot, Snapshot, SnapshotValue, histogram_quantile};
use radiosonde_signals::__counting::{Increases, WindowRing};
use radiosonde_signals::{Counts, Series};

use crate::evaluating::group::group;

/// Increases of counters in a window, by the values of a label.
///
/// # Limits
/// The number of windows; values beyond it are counted and not read.
#[derive(Debug)]
pub(crate) struct EventWindows {
    bad: Increases,
    all: Increases,
    rings: Rings<WindowRing>,
}

/// Observations of histograms in a window: those of each bucket.
#[derive(Debug)]
pub(crate) struct BucketWindows {
    bounds: Box<[f64]>,
    buckets: Vec<Increases>,
    rings: Rings<Vec<WindowRing>>,
}

#[derive(Debug)]
struct Rings<R> {
    all: BTreeMap<String, R>,
    /// When the counters were read first: what they had then is not in the window.
    begun: Option<Duration>,
    refused: u64,
}

/// What a window has of one value of the label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    pub(crate) counts: Counts,
    /// For how long it has been filled.
    pub(crate) observed: Duration,
}

/// What is read in which window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) length: Duration,
    pub(crate) by: Option<&'a str>,
    pub(crate) max_groups: usize,
    pub(crate) now: Duration,
}

impl<R> Rings<R> {
    const fn new() -> Self {
        Self { all: BTreeMap::new(), begun: None, refused: 0 }
    }

    /// The window of a group, made if it is new and there is room.
    fn ring(&mut self, group: &str, frame: Frame<'_>, make: impl FnOnce() -> R) -> Option<&mut R> {
        if !self.all.contains_key(group) {
            if self.all.len() >= frame.max_groups {
                self.refused += 1;
                return None;
            }
            self.all.insert(group.to_owned(), make());
        }
        self.all.get_mut(group)
    }

    /// Whether the counters were read before, so that what they have grown by is of the window.
    fn has_begun(&mut self, now: Duration) -> bool {
        let has_begun = self.begun.is_some();
        self.begun.get_or_insert(now);
        has_begun
    }

    fn observed(&self, now: Duration) -> Duration {
        now.saturating_sub(self.begun.unwrap_or(now))
    }
}

impl EventWindows {
    pub(crate) fn new() -> Self {
        Self { bad: Increases::default(), all: Increases::default(), rings: Rings::new() }
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
        let by = frame.by;
        growth(&mut self.all, all, snapshot, by, SeriesSnapshot::number, |group, by| {
            grown.entry(group).or_default().total += by;
        });
        growth(&mut self.bad, bad, snapshot, by, SeriesSnapshot::number, |group, by| {
            grown.entry(group).or_default().bad += by;
        });
        let has_begun = self.rings.has_begun(frame.now);
        let present: BTreeSet<String> = grown.keys().cloned().collect();
        for (group, counts) in grown {
            let ring = self.rings.ring(&group, frame, || WindowRing::new(frame.length));
            if let Some(ring) = ring.filter(|_| has_begun) {
                ring.add(frame.now, counts);
            }
        }
        let observed = self.rings.observed(frame.now);
        let mut windows = Vec::with_capacity(self.rings.all.len());
        self.rings.all.retain(|group, ring| {
            let counts = ring.counts(frame.now);
            let is_kept = present.contains(group) || counts != Counts::default();
            if is_kept {
                windows.push((group.clone(), Window { counts, observed }));
            }
            is_kept
        });
        windows
    }

    /// How many label values had no room since this was asked last.
    pub(crate) fn take_refused(&mut self) -> u64 {
        std::mem::take(&mut self.rings.refused)
    }
}

impl BucketWindows {
    pub(crate) fn new() -> Self {
        Self { bounds: Box::default(), buckets: Vec::new(), rings: Rings::new() }
    }

    /// Reads the histograms; then the quantile of each group in its window, `None` without observations.
    pub(crate) fn read(
        &mut self,
        histograms: &Series,
        of: f64,
        snapshot: &Snapshot,
        frame: Frame<'_>,
    ) -> Vec<(String, Option<f64>)> {
        let bounds = histograms.select(snapshot).find_map(|series| match series.value() {
            SnapshotValue::Histogram { bounds, .. } => Some(bounds.clone()),
            _ => None,
        });
        // Buckets change if the metric is declared again: what was counted in the former is in none of the new.
        if let Some(bounds) = bounds.filter(|bounds| *bounds != self.bounds) {
            let buckets = bounds.len() + 1;
            *self = Self { bounds, buckets: Vec::new(), rings: Rings::new() };
            self.buckets.resize_with(buckets, Increases::default);
        }
        let has_begun = self.rings.has_begun(frame.now);
        let mut present = BTreeSet::new();
        let Self { buckets, rings, .. } = self;
        let most = buckets.len();
        buckets.iter_mut().for_each(Increases::begin);
        // The labels are matched once, not for each bucket.
        for series in histograms.select(snapshot) {
            let SnapshotValue::Histogram { counts, .. } = series.value() else { continue };
            let group = group(series, frame.by);
            let mut ring = rings.ring(&group, frame, || vec![WindowRing::new(frame.length); most]);
            for (at, (bucket, &count)) in buckets.iter_mut().zip(counts).enumerate() {
                let values = [Number::Unsigned(count).as_f64(), series.number()];
                let [grown, _] = bucket.read(histograms.metric(), series.labels(), values);
                if let Some(ring) = ring.as_mut().filter(|_| has_begun).and_then(|ring| ring.get_mut(at)) {
                    ring.add(frame.now, Counts { total: grown, bad: 0.0 });
                }
            }
            present.insert(group);
        }
        buckets.iter_mut().for_each(Increases::end);
        let mut found = Vec::with_capacity(rings.all.len());
        let bounds = &self.bounds;
        rings.all.retain(|group, ring| {
            let counts: Vec<f64> = ring.iter_mut().map(|ring| ring.counts(frame.now).total).collect();
            let value = histogram_quantile(of, bounds, &counts);
            let is_kept = present.contains(group) || value.is_some();
            if is_kept {
                found.push((group.clone(), value));
            }
            is_kept
        });
        found
    }

    pub(crate) fn take_refused(&mut self) -> u64 {
        std::mem::take(&mut self.rings.refused)
    }
}

/// Passes on the growth of each series with its group. A series that several select counts once.
fn growth(
    increases: &mut Increases,
    of: &[Series],
    snapshot: &Snapshot,
    by: Option<&str>,
    value: impl Fn(&SeriesSnapshot) -> f64,
    mut add: impl FnMut(String, f64),
) {
    increases.begin();
    for series in of {
        for one in series.select(snapshot) {
            let [grown, _] = increases.read(series.metric(), one.labels(), [value(one), 0.0]);
            add(group(one, by), grown);
        }
    }
    increases.end();
}
