use radiosonde_core::Level;

/// The target of lines that no policy drops, or what it starts with before `::`.
const AUDIT: &str = "radiosonde::audit";

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

/// Whether lines of this target are for the record.
pub(crate) fn is_audit(target: &str) -> bool {
    target.strip_prefix(AUDIT).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
