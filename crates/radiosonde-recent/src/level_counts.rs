use std::fmt;
use std::ops::AddAssign;

use radiosonde_core::{Level, LevelNames};

/// The number of lines of each level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LevelCounts {
    // Indexed by the level's position among the six.
    counts: [u64; 6],
}

impl LevelCounts {
    /// The number of lines of one level.
    #[must_use]
    pub const fn of(&self, level: Level) -> u64 {
        self.counts[level as usize]
    }

    /// The number of lines of all levels.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The number of lines of level ERROR and FATAL.
    #[must_use]
    pub const fn errors(&self) -> u64 {
        self.of(Level::Error) + self.of(Level::Fatal)
    }

    pub(crate) const fn count(&mut self, level: Level) {
        self.counts[level as usize] += 1;
    }
}

impl AddAssign for LevelCounts {
    fn add_assign(&mut self, other: Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
    }
}

/// `1200 lines: 1150 INFO, 50 ERROR`
impl fmt::Display for LevelCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lines", self.total())?;
        let levels = Level::ALL.into_iter().filter(|&level| self.of(level) > 0);
        for (at, level) in levels.enumerate() {
            let separator = if at == 0 { ": " } else { ", " };
            write!(f, "{separator}{} {}", self.of(level), level.name(LevelNames::default()))?;
        }
        Ok(())
    }
}
