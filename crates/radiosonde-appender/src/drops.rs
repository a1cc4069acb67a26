use std::time::SystemTime;

use radiosonde_core::{Clock, Level};

use crate::drop_reason::DropReason;

/// Lines that one output dropped and has not yet announced.
#[derive(Debug, Default, Clone, Copy)]
pub struct Drops {
    lines: [[u64; 6]; DropReason::COUNT],
    since: Option<SystemTime>,
}

impl Drops {
    /// Counts lines; the clock is read for the first ones only.
    pub(crate) fn add(&mut self, reason: DropReason, level: Level, lines: u64, clock: &dyn Clock) {
        self.lines[reason as usize][level as usize] += lines;
        self.since.get_or_insert_with(|| clock.now());
    }

    /// Adds drops that were taken out but could not be announced.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (own, other) in self.lines.iter_mut().flatten().zip(other.lines.iter().flatten()) {
            *own += other;
        }
        self.since = other.since.into_iter().chain(self.since).min();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.since.is_none()
    }

    /// When the first of these lines was dropped.
    #[must_use]
    pub fn since(&self) -> Option<SystemTime> {
        self.since
    }

    /// Splits the drops by reason.
    pub(crate) fn one_by_one(&self) -> impl Iterator<Item = Self> {
        self.by_reason().map(|(reason, levels)| {
            let mut one = Self { since: self.since, ..Self::default() };
            one.lines[reason as usize] = *levels;
            one
        })
    }

    /// The reasons of these drops, with the number of lines of each level.
    pub fn by_reason(&self) -> impl Iterator<Item = (DropReason, &[u64; 6])> {
        let all = DropReason::ALL.into_iter().zip(&self.lines);
        all.filter(|(_, levels)| levels.iter().any(|&lines| lines > 0))
    }
}

/// Composes the lines in which an output reports what it dropped.
pub trait DropNotice: Send + Sync + 'static {
    /// One line for each reason in `drops`, each with its line feed. `output` is the output's name.
    fn lines(&self, drops: &Drops, output: &str) -> String;
}
