use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use radiosonde_core::canonical::CanonicalRecord;

/// What the threads that have entered a span share with its record.
#[derive(Debug, Default)]
pub(crate) struct Mark {
    is_closed: AtomicBool,
    /// In nanoseconds since 1970; zero before the first exit.
    last_exit: AtomicU64,
    /// The record of the unit of work in which the span was made.
    canonical: Option<CanonicalRecord>,
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

    /// Sets the record of the span's unit of work. No other thread may know the mark.
    pub(crate) fn set_canonical(self: &mut Arc<Self>, record: Option<CanonicalRecord>) {
        if (record.is_some() || self.canonical.is_some())
            && let Some(mark) = Arc::get_mut(self)
        {
            mark.canonical = record;
        }
    }

    pub(crate) const fn canonical(&self) -> Option<&CanonicalRecord> {
        self.canonical.as_ref()
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
