use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

use crate::storage::series::Series;

/// A series that may be removed, and what is known of its use.
pub(crate) struct Entry<C> {
    pub(crate) series: Arc<Series<C>>,
    pub(crate) hash: u64,
    /// Whether it has a place beyond the limit, as the one that overflowing sets share.
    pub(crate) beyond: bool,
    /// How many scrapes there had been when it was last looked up.
    touched: AtomicU64,
    /// When a scrape last found that it had been in use, in milliseconds. For scrapes alone.
    pub(crate) seen: AtomicU64,
    /// How many guards it has; under the table's lock.
    guards: AtomicU64,
    /// Whether a scrape is about to remove it.
    leaving: AtomicBool,
}

impl<C> Entry<C> {
    pub(crate) fn new(series: Arc<Series<C>>, hash: u64, beyond: bool) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            series,
            hash,
            beyond,
            touched: zero(),
            seen: zero(),
            guards: zero(),
            leaving: AtomicBool::new(false),
        }
    }

    /// Remembers that it was looked up after this number of scrapes. Writes once from one scrape to the next.
    #[inline]
    pub(crate) fn touch(&self, scrapes: u64) {
        // Relaxed: a number alone. It does not go back, or a look-up that was late would hide one that was not.
        if self.touched.load(Ordering::Relaxed) < scrapes {
            self.touched.fetch_max(scrapes, Ordering::Relaxed);
        }
    }

    pub(crate) fn touched(&self) -> u64 {
        // Relaxed: as above.
        self.touched.load(Ordering::Relaxed)
    }

    /// Whether a handle to it exists, or a guard that is about to make one. Under the table's lock.
    pub(crate) fn is_kept(&self) -> bool {
        // Relaxed: under the lock.
        Arc::strong_count(&self.series) > 1 || self.guards.load(Ordering::Relaxed) > 0
    }

    /// A handle, unless a scrape is about to remove the series: then it has to be looked for under the lock.
    pub(crate) fn take(&self) -> Option<Arc<Series<C>>> {
        let series = Arc::clone(&self.series);
        // With the fence in `leave`: either the handle is seen there, or the mark here.
        fence(Ordering::SeqCst);
        // Relaxed: ordered by the fence.
        (!self.leaving.load(Ordering::Relaxed)).then_some(series)
    }

    /// Whether it may be removed for being idle: not if a handle has been taken meanwhile. Under the table's lock.
    pub(crate) fn leave(&self) -> bool {
        // Relaxed: ordered by the fence.
        self.leaving.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let leaves = !self.is_kept();
        if !leaves {
            // Relaxed: a thread that sees it late looks under the lock.
            self.leaving.store(false, Ordering::Relaxed);
        }
        leaves
    }

    /// One more guard. Under the table's lock.
    pub(crate) fn guard(&self) {
        // Relaxed: under the lock.
        self.guards.fetch_add(1, Ordering::Relaxed);
    }

    /// One guard less; whether it was the last. Under the table's lock.
    pub(crate) fn release(&self) -> bool {
        // Relaxed: under the lock.
        self.guards.fetch_sub(1, Ordering::Relaxed) == 1
    }
}
