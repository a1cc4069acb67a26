use radiosonde_core::{Level, LevelNames};
use radiosonde_metrics::{Counter, DynFamily};

use crate::drop_reason::DropReason;

/// Counters of the lines that a writer or sink dropped, by reason and level.
#[derive(Debug)]
pub struct DropCounters {
    /// `None` for reasons that the writer or sink cannot have.
    counters: [Option<[Counter; 6]>; DropReason::COUNT],
}

impl DropCounters {
    pub(crate) fn new(
        family: &DynFamily<Counter>,
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
        // A level's discriminant is its index among the six.
        if let Some(by_level) = &self.counters[reason as usize] {
            by_level[level as usize].inc_by(lines);
        }
    }
}
