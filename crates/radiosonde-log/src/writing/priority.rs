use radiosonde_core::Level;

use crate::events::target::is_audit;

/// What a queue needs to know of a line to decide what goes when it is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Priority {
    pub(crate) level: Level,
    /// An audit line: never dropped to make room, and waits longer for it.
    pub(crate) is_audit: bool,
}

impl Priority {
    pub(crate) fn of(level: Level, target: &str) -> Self {
        Self { level, is_audit: is_audit(target) }
    }

    /// Whether a line of this kind makes room for one of that level.
    pub(crate) fn yields_to(self, level: Level) -> bool {
        !self.is_audit && self.level <= level
    }
}
