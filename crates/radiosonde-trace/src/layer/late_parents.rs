use std::sync::atomic::{AtomicU32, Ordering};

/// Watches whether the program sets parents of spans after they were made.
///
/// Such a span may have been left unsampled before its sampled parent is known. While this is to be expected, the fields of
/// unsampled spans are kept until their first use. A program that has set no parent so in its first spans is not expected to
/// do it, and pays nothing.
#[derive(Debug)]
pub(crate) struct LateParents {
    /// How many more unsampled spans are watched.
    left: AtomicU32,
}

const WATCHED: u32 = 1000;

impl LateParents {
    pub(crate) const fn new() -> Self {
        Self { left: AtomicU32::new(WATCHED) }
    }

    /// Whether the parent of an unsampled span may be set later.
    #[inline]
    pub(crate) fn are_expected(&self) -> bool {
        // Relaxed: the number orders nothing else.
        let left = self.left.load(Ordering::Relaxed);
        if left > 0 && left < u32::MAX {
            // Fails if another thread was first, which may have seen a late parent; one span more is watched then.
            let _ = self.left.compare_exchange(left, left - 1, Ordering::Relaxed, Ordering::Relaxed);
        }
        left > 0
    }

    /// A parent was set late: from now on it is always expected.
    pub(crate) fn seen(&self) {
        // Relaxed: see `are_expected`.
        self.left.store(u32::MAX, Ordering::Relaxed);
    }
}
