use std::collections::HashMap;

use radiosonde_metrics::model::LabelSet;
use radiosonde_metrics::snapshot::{FamilySnapshot, SeriesSnapshot, Snapshot};

/// The label sets of families in the last snapshot, so that those that objectives select are looked for only when there are others.
///
/// # Cost
/// A comparison of the label sets of each family that is read, once for each snapshot, and a copy of them when they change.
#[derive(Debug, Default)]
pub(crate) struct LabelSets {
    families: HashMap<String, Known>,
    snapshot: u64,
}

#[derive(Debug, Default)]
struct Known {
    label_sets: Vec<LabelSet>,
    /// The number of the snapshot in which they were seen last, and of the one since which they are these.
    seen: u64,
    since: u64,
}

impl LabelSets {
    /// Begins the next snapshot.
    pub(crate) const fn begin(&mut self) {
        self.snapshot += 1;
    }

    /// The number of the snapshot since which the family of this name has had the same series. Never 0.
    pub(crate) fn unchanged_since(&mut self, snapshot: &Snapshot, metric: &str) -> u64 {
        let number = self.snapshot;
        if !self.families.contains_key(metric) {
            self.families.insert(metric.to_owned(), Known::default());
        }
        let Some(known) = self.families.get_mut(metric) else { return number };
        if known.seen != number {
            let series = snapshot.family(metric).map(FamilySnapshot::series).unwrap_or_default();
            let label_sets = || series.iter().map(SeriesSnapshot::labels);
            if known.since == 0 || !known.label_sets.iter().eq(label_sets()) {
                known.label_sets = label_sets().cloned().collect();
                known.since = number;
            }
            known.seen = number;
        }
        known.since
    }
}
