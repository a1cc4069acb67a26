use std::marker::PhantomData;

use crate::instruments::stripe::{Striped, Writers, thread_number};
use crate::sync::{AtomicU64, AtomicUsize, Ordering};

/// Epoch-based reclamation: determines when no reader can still see a retired entry, so that it may be freed.
///
/// There are two epochs, one of them current. A reader is counted in the current epoch for as long as it reads.
/// [`try_advance`](Self::try_advance) makes the other epoch current if no reader is counted there. What was retired before an advance is
/// not seen by readers that enter the epoch that was found empty, and its earlier readers have left. After two advances that holds
/// for both epochs. New readers never keep an epoch from emptying, and no thread waits for another.
pub(crate) struct Epochs {
    readers: Striped<Readers>,
    /// The epoch that readers enter.
    current: AtomicUsize,
}

/// Number of readers in each epoch.
type Readers = [AtomicU64; 2];

/// A reader in an epoch, until it is dropped. Stays on its thread.
pub(crate) struct EpochGuard<'a> {
    count: &'a AtomicU64,
    writers: Writers,
    here: PhantomData<*const ()>,
}

impl Epochs {
    pub(crate) fn new() -> Self {
        let readers = Striped::new(|| [AtomicU64::new(0), AtomicU64::new(0)]);
        Self { readers, current: AtomicUsize::new(0) }
    }

    /// Begins to read: nothing seen from here on is freed before the guard is dropped. Costs two atomic operations with the drop, on memory
    /// that few other threads write to.
    #[inline]
    pub(crate) fn enter(&self) -> EpochGuard<'_> {
        // In a model all threads are one to the system, and would have the same number.
        self.enter_as(if cfg!(loom) { None } else { thread_number() })
    }

    pub(crate) fn enter_as(&self, number: Option<usize>) -> EpochGuard<'_> {
        let (readers, writers) = self.readers.of(number);
        // Relaxed: an epoch that has just ceased to be current is as good, and is found occupied.
        let count = &readers[self.current.load(Ordering::Relaxed) & 1];
        // Acquire: comes after every advance that found no reader here, and sees what was retired before that advance. An addition and
        // the advance's exchange come one after the other, whatever else is reordered.
        count.fetch_add(1, Ordering::Acquire);
        EpochGuard { count, writers, here: PhantomData }
    }

    /// Makes the other epoch current if it has no reader. To be called by one thread at a time.
    pub(crate) fn try_advance(&self) -> bool {
        // Relaxed: only advances change it.
        let other = 1 - (self.current.load(Ordering::Relaxed) & 1);
        // An exchange of nothing for nothing, because a mere load might miss a reader that came before it. AcqRel: a reader that was here
        // has read before, and a reader that comes sees what was retired. Relaxed: there is a reader, and nothing is freed.
        let empty =
            |count: &AtomicU64| count.compare_exchange(0, 0, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        let advances = self.readers.iter().all(|readers| empty(&readers[other]));
        if advances {
            // Relaxed: as in `enter_as`.
            self.current.store(other, Ordering::Relaxed);
        }
        advances
    }
}

impl Drop for EpochGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        // Release: what was read is freed after this at the earliest.
        match self.writers {
            Writers::Many => {
                self.count.fetch_sub(1, Ordering::Release);
            }
            Writers::ThisOne => {
                // Relaxed: no other thread writes while this one is counted; an advance's exchange fails. Release: as above.
                let others = self.count.load(Ordering::Relaxed).wrapping_sub(1);
                self.count.store(others, Ordering::Release);
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn two_advances_succeed_only_when_earlier_readers_have_left() {
        for number in [None, Some(0)] {
            let epochs = Epochs::new();
            assert!(epochs.try_advance() && epochs.try_advance() && epochs.try_advance(), "no reader");
            let reading = epochs.enter_as(number);
            let inner = epochs.enter_as(number);
            let advances = (0..10).filter(|_| epochs.try_advance()).count();
            assert!(advances <= 1, "{advances}");
            drop(inner);
            let advances = advances + (0..10).filter(|_| epochs.try_advance()).count();
            assert!(advances <= 1, "{advances}");
            // Later readers are in the other epoch, and do not keep this one.
            let later = epochs.enter_as(number);
            drop(reading);
            assert!(epochs.try_advance());
            drop(later);
            assert!(epochs.try_advance() && epochs.try_advance());
        }
    }
}
