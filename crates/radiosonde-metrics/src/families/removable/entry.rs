use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::families::series::Series;

/// A series that may be removed, and what is known of its use.
pub(crate) struct Entry<C> {
    pub(super) series: Arc<Series<C>>,
    pub(super) hash: u64,
    /// Whether it has a place beyond the limit, as the one that overflowing sets share.
    pub(super) beyond: bool,
    /// How many scrapes there had been when it was last looked up.
    touched: AtomicU64,
    /// When a scrape last found that it had been in use, in milliseconds. For scrapes alone.
    pub(super) seen: AtomicU64,
    /// How many guards it has; under the table's lock.
    guards: AtomicU64,
}

impl<C> Entry<C> {
    pub(super) fn new(series: Arc<Series<C>>, hash: u64, beyond: bool) -> Self {
        let zero = || AtomicU64::new(0);
        Self { series, hash, beyond, touched: zero(), seen: zero(), guards: zero() }
    }

    #[allow(dead_code, reason = "for the feature `compat`")]
    pub(crate) const fn series(&self) -> &Arc<Series<C>> {
        &self.series
    }

    /// Remembers that it was looked up after so many scrapes. Writes once from one scrape to the next.
    #[inline]
    pub(super) fn touch(&self, scrapes: u64) {
        // Relaxed: which scrape sees it does not matter to the scrape or two.
        if self.touched.load(Ordering::Relaxed) != scrapes {
            self.touched.store(scrapes, Ordering::Relaxed);
        }
    }

    pub(super) fn touched(&self) -> u64 {
        // Relaxed: as above.
        self.touched.load(Ordering::Relaxed)
    }

    /// Whether somebody keeps a handle to it.
    pub(super) fn is_kept(&self) -> bool {
        Arc::strong_count(&self.series) > 1
    }

    /// One more guard. Under the table's lock.
    pub(super) fn guard(&self) {
        // Relaxed: under the lock.
        self.guards.fetch_add(1, Ordering::Relaxed);
    }

    /// One guard less; whether it was the last. Under the table's lock.
    pub(super) fn release(&self) -> bool {
        // Relaxed: under the lock.
        self.guards.fetch_sub(1, Ordering::Relaxed) == 1
    }
}
