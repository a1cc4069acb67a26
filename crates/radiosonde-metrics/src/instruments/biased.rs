//! A cell with a part for the first thread that writes, and a part for all others.
//!
//! Most series are written by one thread, or by one at a time. The first thread that writes owns the first part: its additions are a load
//! and a store. Others share a second part, made when the first of them comes, with atomic additions. A thread that ends leaves what it
//! owned to the next one that takes its number.

use crate::instruments::stripe::{Writers, known_thread_number, prepare, thread_number};
use crate::once_box::OnceBox;
use crate::sync::{AtomicUsize, Ordering};

/// One value for its owner, and one for all other threads.
#[derive(Debug)]
pub(crate) struct Biased<T> {
    owner: Owner,
    first: T,
    others: OnceBox<T>,
}

impl<T> Biased<T> {
    pub(crate) fn new(first: T) -> Self {
        prepare();
        Self { owner: Owner::new(), first, others: OnceBox::new() }
    }

    /// The part that this thread alone writes to, if it is known to be the owner.
    #[inline]
    pub(crate) fn owned(&self) -> Option<&T> {
        // Relaxed: as in `Owner::is`. A thread without a number never equals.
        (self.owner.0.load(Ordering::Relaxed) == known_thread_number()).then_some(&self.first)
    }

    /// The part for this thread to write to. `None` if the program's allocator asks while this thread makes it.
    #[inline]
    pub(crate) fn mine(&self, make: impl FnOnce() -> T) -> Option<(&T, Writers)> {
        if self.owner.is(thread_number()) {
            Some((&self.first, Writers::ThisOne))
        } else {
            Some((self.others.get_or_make(make)?, Writers::Many))
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.first).chain(self.others.get())
    }
}

/// The number of the thread that owns a part; the first that asks.
#[derive(Debug)]
pub(crate) struct Owner(AtomicUsize);

/// Neither a thread's number nor what stands for none or for one that is not known yet.
const UNOWNED: usize = usize::MAX - 2;

impl Owner {
    pub(crate) fn new() -> Self {
        Self(AtomicUsize::new(UNOWNED))
    }

    /// Whether the thread with this number is the owner. A thread without one never is.
    #[inline]
    pub(crate) fn is(&self, number: Option<usize>) -> bool {
        let Some(number) = number else { return false };
        // Relaxed: the owner changes once, by the exchange below. What a former thread of this number wrote to the part was passed on
        // with the number.
        let owner = self.0.load(Ordering::Relaxed);
        owner == number || (owner == UNOWNED && self.claim(number))
    }

    #[cold]
    fn claim(&self, number: usize) -> bool {
        // Relaxed: the part is as it was made, and a thread that sees the cell sees that.
        self.0.compare_exchange(UNOWNED, number, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn no_addition_is_lost_whoever_comes_first_and_whoever_ends() {
        for _ in 0..50 {
            let cell = Biased::new(AtomicU64::new(0));
            for _ in 0..3 {
                std::thread::scope(|scope| {
                    for _ in 0..3 {
                        scope.spawn(|| (0..500).for_each(|_| add(&cell)));
                    }
                });
            }
            add(&cell);
            // Relaxed: the other threads have ended.
            let total: u64 = cell.iter().map(|part| part.load(Ordering::Relaxed)).sum();
            assert_eq!(total, 4501);
        }
    }

    fn add(cell: &Biased<AtomicU64>) {
        let Some((part, writers)) = cell.mine(|| AtomicU64::new(0)) else { return };
        // Relaxed, all of them: totals, and a part with one writer is written by no other thread.
        match writers {
            Writers::ThisOne => part.store(part.load(Ordering::Relaxed) + 1, Ordering::Relaxed),
            Writers::Many => _ = part.fetch_add(1, Ordering::Relaxed),
        }
    }
}
