use std::sync::atomic::{AtomicU64, Ordering};

/// What is done with a native histogram that has too many buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// It is reset.
    Reset,
    /// Its zero bucket takes in the buckets next to it.
    Widen,
    /// Every two buckets become one.
    Halve,
}

impl Policy {
    pub(crate) const ALL: [(Self, &'static str); 3] =
        [(Self::Halve, "halve"), (Self::Reset, "reset"), (Self::Widen, "widen")];
}

/// How often each was done in a family.
#[derive(Debug, Default)]
pub(crate) struct Limited([AtomicU64; 3]);

impl Limited {
    pub(crate) fn count(&self, policy: Policy) {
        // Relaxed: a total, ordered against nothing.
        self.0[policy as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self, policy: Policy) -> u64 {
        // Relaxed: a total, ordered against nothing.
        self.0[policy as usize].load(Ordering::Relaxed)
    }
}
