use std::marker::PhantomData;

use crate::instruments::stripe::{Striped, Writers, thread_number};
use crate::sync::{AtomicU64, AtomicUsize, Ordering};

/// Tells when nobody can see any more what was taken out of sight, so that it may be freed.
///
/// Whoever reads is counted meanwhile, on one of two sides. A [`turn`](Self::turn) succeeds when nobody is counted on the side that is out
/// of use, and puts that side in use. Something that was taken out of sight before a turn is not seen by those who are counted after
/// it on the side that was found empty, and those who were counted before have gone. After two successful turns that holds for
/// both sides. New readers never keep a side from emptying, and nobody waits for anybody.
pub(crate) struct Grace {
    readers: Striped<Sides>,
    /// Which side is in use.
    side: AtomicUsize,
}

/// How many are reading, on each side.
type Sides = [AtomicU64; 2];

/// Somebody reads for as long as this lives. Stays on its thread.
pub(crate) struct Reading<'a> {
    count: &'a AtomicU64,
    writers: Writers,
    here: PhantomData<*const ()>,
}

impl Grace {
    pub(crate) fn new() -> Self {
        let readers = Striped::new(|| [AtomicU64::new(0), AtomicU64::new(0)]);
        Self { readers, side: AtomicUsize::new(0) }
    }

    /// From here on, what is seen is not freed. Two atomic operations with the end, on memory that few others write to.
    #[inline]
    pub(crate) fn enter(&self) -> Reading<'_> {
        // In a model all threads are one to the system, and would have the same number.
        self.enter_as(if cfg!(loom) { None } else { thread_number() })
    }

    pub(crate) fn enter_as(&self, number: Option<usize>) -> Reading<'_> {
        let (sides, writers) = self.readers.of(number);
        // Relaxed: a side that has just gone out of use is as good, and is found occupied.
        let count = &sides[self.side.load(Ordering::Relaxed) & 1];
        // Acquire: comes after every turn that found nobody here, and sees what was taken out of sight before that turn. An addition and
        // the turn's exchange come one after the other, whatever else is reordered.
        count.fetch_add(1, Ordering::Acquire);
        Reading { count, writers, here: PhantomData }
    }

    /// Puts the other side in use if nobody is left there. To be called by one thread at a time.
    pub(crate) fn turn(&self) -> bool {
        // Relaxed: only turns change it.
        let other = 1 - (self.side.load(Ordering::Relaxed) & 1);
        // An exchange of nothing for nothing, because a mere load might miss somebody who came before it. AcqRel: whoever was here
        // has read before, and whoever comes sees what was taken out of sight. Relaxed: somebody is there, and nothing is freed.
        let empty =
            |count: &AtomicU64| count.compare_exchange(0, 0, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        let turned = self.readers.iter().all(|sides| empty(&sides[other]));
        if turned {
            // Relaxed: as in `enter_as`.
            self.side.store(other, Ordering::Relaxed);
        }
        turned
    }
}

impl Drop for Reading<'_> {
    #[inline]
    fn drop(&mut self) {
        // Release: what was read is freed after this at the earliest.
        match self.writers {
            Writers::Many => {
                self.count.fetch_sub(1, Ordering::Release);
            }
            Writers::ThisOne => {
                // Relaxed: nobody else writes while this thread is counted; a turn's exchange fails. Release: as above.
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
    fn two_turns_succeed_only_when_those_who_read_before_have_gone() {
        for number in [None, Some(0)] {
            let grace = Grace::new();
            assert!(grace.turn() && grace.turn() && grace.turn(), "nobody reads");
            let reading = grace.enter_as(number);
            let inner = grace.enter_as(number);
            let turns = (0..10).filter(|_| grace.turn()).count();
            assert!(turns <= 1, "{turns}");
            drop(inner);
            let turns = turns + (0..10).filter(|_| grace.turn()).count();
            assert!(turns <= 1, "{turns}");
            // Those who come later are on the other side, and do not keep it.
            let later = grace.enter_as(number);
            drop(reading);
            assert!(grace.turn());
            drop(later);
            assert!(grace.turn() && grace.turn());
        }
    }
}
