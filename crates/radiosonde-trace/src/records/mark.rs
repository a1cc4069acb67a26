use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What the threads that have entered a span share with its record.
#[derive(Debug, Default)]
pub(crate) struct Mark {
    is_closed: AtomicBool,
    /// In nanoseconds since 1970; zero before the first exit.
    last_exit: AtomicU64,
}

impl Mark {
    pub(crate) fn close(&self) {
        // Relaxed: `EnteredSpans::one_closed` publishes it.
        self.is_closed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_open(&self) -> bool {
        // Relaxed: `EnteredSpans::leave_closed` has synchronised with the thread that closed it.
        !self.is_closed.load(Ordering::Relaxed)
    }

    /// Whether a thread has the span entered. One reference is the record's.
    pub(crate) fn is_entered(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1
    }

    /// Makes it the mark of another span. No thread may have the former one entered.
    pub(crate) fn reset(&self) {
        // Relaxed: the next span is known to no other thread yet.
        self.is_closed.store(false, Ordering::Relaxed);
        self.last_exit.store(0, Ordering::Relaxed);
    }

    pub(crate) fn exited(&self, at: u64) {
        // Relaxed: the registry's count of handles orders an exit before the close that reads it.
        self.last_exit.fetch_max(at, Ordering::Relaxed);
    }

    pub(crate) fn last_exit(&self) -> Option<u64> {
        // Relaxed: see `exited`.
        Some(self.last_exit.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }
}
