use radiosonde_core::{Level, LevelNames};
use radiosonde_metrics::{Counter, Vector};

use crate::drop_reason::DropReason;

/// What a writer or sink did not take, by reason and level.
#[derive(Debug)]
pub struct DropCounters {
    /// Only of reasons that the writer or sink can have.
    counters: [Option<[Counter; 6]>; DropReason::COUNT],
}

impl DropCounters {
    pub(crate) fn new(
        family: &Vector<Counter>,
        names: LevelNames,
        writer: &str,
        reasons: &[DropReason],
    ) -> Self {
        let counters = DropReason::ALL.map(|reason| {
            let by_level =
                || Level::ALL.map(|level| family.handle(&[writer, reason.name(), level.name(names)]));
            reasons.contains(&reason).then(by_level)
        });
        Self { counters }
    }

    /// Counts lines of this level.
    pub fn count(&self, reason: DropReason, level: Level, lines: u64) {
        // The level's place among the six is its index.
        if let Some(by_level) = &self.counters[reason as usize] {
            by_level[level as usize].inc_by(lines);
        }
    }
}
