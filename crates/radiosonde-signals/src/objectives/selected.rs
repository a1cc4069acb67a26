use radiosonde_metrics::snapshot::{FamilySnapshot, SeriesSnapshot, Snapshot};

use crate::golden::Series;
use crate::objectives::label_sets::LabelSets;

/// Series that an objective reads, and where they are in snapshots.
#[derive(Debug, Clone)]
pub(crate) struct Selected {
    series: Series,
    /// Their places among those of the family, and the number of the snapshot since which they are there.
    places: Vec<usize>,
    since: u64,
}

impl Selected {
    /// The series in this snapshot, which is the current one of `known`, and the name of their metric.
    pub(crate) fn find<'s>(
        &'s mut self,
        snapshot: &'s Snapshot,
        known: &mut LabelSets,
    ) -> (&'s str, impl Iterator<Item = &'s SeriesSnapshot> + use<'s>) {
        let all = snapshot.family(self.series.metric()).map(FamilySnapshot::series).unwrap_or_default();
        let since = known.unchanged_since(snapshot, self.series.metric());
        if since != self.since {
            let places = all.iter().enumerate().filter(|(_, series)| self.series.matches(series));
            self.places = places.map(|(place, _)| place).collect();
            self.since = since;
        }
        (self.series.metric(), self.places.iter().filter_map(move |place| all.get(*place)))
    }
}

impl From<Series> for Selected {
    fn from(series: Series) -> Self {
        Self { series, places: Vec::new(), since: 0 }
    }
}
