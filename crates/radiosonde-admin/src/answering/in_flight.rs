use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One scrape among those in flight, until dropped.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    /// `None` if there are `limit` already.
    pub(crate) fn enter(count: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        let one_more = |there| (there < limit).then_some(there + 1);
        // Relaxed: a count that nothing else is read by.
        count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        Some(Self(Arc::clone(count)))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // Relaxed: as above.
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
