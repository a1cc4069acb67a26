//! Cells with a part for each of a few threads.
//!
//! A striped cell has a part for each of a few threads, which that thread alone writes: an addition is a load and a store, and no
//! cache line goes from core to core. A thread that ends leaves its part, with what is in it, to a later one; threads that find
//! none free share the last part.

use std::cell::Cell;
use std::num::NonZero;
use std::sync::LazyLock;

use crate::reentrancy::outermost;
use crate::sync::{AtomicU64, Ordering};

/// One value per thread that has a part of its own, and one more for all others.
#[derive(Debug)]
pub(crate) struct Striped<T> {
    parts: Box<[Padded<T>]>,
}

/// Two cache lines, because processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Padded<T>(T);

/// The threads that write to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writers {
    /// Only this one.
    ThisOne,
    /// Any number of threads.
    Many,
}

impl<T> Striped<T> {
    pub(crate) fn new(make: impl Fn() -> T) -> Self {
        Self { parts: (0..=*OWNED).map(|_| Padded(make())).collect() }
    }

    /// The part that this thread alone writes to, if it is known to have one.
    #[inline]
    pub(crate) fn owned(&self) -> Option<&T> {
        // The last part is shared.
        let (_, owned) = self.parts.split_last()?;
        owned.get(MINE.get()).map(|part| &part.0)
    }

    /// The part for this thread to write to.
    #[inline]
    pub(crate) fn mine(&self) -> (&T, Writers) {
        self.at(mine())
    }

    /// The part for the thread of this number to write to.
    #[inline]
    pub(crate) fn of(&self, number: Option<usize>) -> (&T, Writers) {
        self.at(number.unwrap_or(NONE))
    }

    #[inline]
    fn at(&self, number: usize) -> (&T, Writers) {
        match self.parts.get(number) {
            Some(part) => (&part.0, Writers::ThisOne),
            None => (&self.parts[self.parts.len() - 1].0, Writers::Many),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.parts.iter().map(|part| &part.0)
    }
}

/// How many threads have a part of their own: twice the processors, so that a pool's threads and a few others do.
static OWNED: LazyLock<usize> = LazyLock::new(|| {
    if cfg!(loom) {
        // A model tries every order of what is done to every part.
        return 1;
    }
    let processors = std::thread::available_parallelism().map_or(2, NonZero::get);
    (processors * 2).clamp(4, 64)
});

#[cfg(not(loom))]
static NUMBERS: Numbers = Numbers { taken: AtomicU64::new(0) };

#[cfg(loom)]
loom::lazy_static! {
    static ref NUMBERS: Numbers = Numbers::new();
}

/// Gives each thread that wants one a number that no other has meanwhile.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// The numbers that are taken, a bit each.
    taken: AtomicU64,
}

const UNKNOWN: usize = usize::MAX;
/// Larger than any number of parts.
const NONE: usize = usize::MAX - 1;

thread_local! {
    // Without a destructor, so that it can be read while the thread ends.
    static MINE: Cell<usize> = const { Cell::new(UNKNOWN) };
    static GIVE_BACK: GiveBack = const { GiveBack };
}

struct GiveBack;

impl Drop for GiveBack {
    fn drop(&mut self) {
        let mine = MINE.replace(NONE);
        if mine < 64 {
            NUMBERS.give_back(mine);
        }
    }
}

/// The number that this thread has; one beyond 64 if it has none, or has not asked yet.
#[inline]
pub(crate) fn known_thread_number() -> usize {
    MINE.get()
}

/// The number that this thread has and no other that runs; none if it has none because all are taken.
#[inline]
pub(crate) fn thread_number() -> Option<usize> {
    let mine = mine();
    (mine < NONE).then_some(mine)
}

#[inline]
fn mine() -> usize {
    match MINE.get() {
        UNKNOWN => claim(),
        mine => mine,
    }
}

#[cold]
fn claim() -> usize {
    // A thread that is ending already could not give its number back. On some systems the destructor is registered in allocated memory.
    let claimed = outermost(|| GIVE_BACK.try_with(|_| NUMBERS.take(*OWNED)).ok().flatten());
    // Asked again at the next time.
    let Some(number) = claimed else { return NONE };
    let number = number.unwrap_or(NONE);
    MINE.set(number);
    number
}

/// Finds out how many threads have a part of their own, before any of them asks: that allocates.
pub(crate) fn prepare() {
    LazyLock::force(&OWNED);
}

impl Numbers {
    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self { taken: AtomicU64::new(0) }
    }

    /// The lowest free number below `limit`, which is at most 64.
    pub(crate) fn take(&self, limit: usize) -> Option<usize> {
        // Relaxed: the exchange decides.
        let mut taken = self.taken.load(Ordering::Relaxed);
        loop {
            let free = taken.trailing_ones() as usize;
            if free >= limit {
                return None;
            }
            let next = taken | 1 << free;
            // Acquire: what the last thread with this number wrote is what this one goes on from.
            match self.taken.compare_exchange_weak(taken, next, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Some(free),
                Err(seen) => taken = seen,
            }
        }
    }

    pub(crate) fn give_back(&self, number: usize) {
        // Release: the next thread with this number goes on from what this one wrote.
        self.taken.fetch_and(!(1 << number), Ordering::Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn no_addition_is_lost_when_threads_come_and_go() {
        let cell = Striped::new(|| AtomicU64::new(0));
        for _ in 0..20 {
            std::thread::scope(|scope| {
                for _ in 0..*OWNED + 5 {
                    scope.spawn(|| {
                        for _ in 0..1000 {
                            crate::instruments::counter::add_events(&cell, 1);
                        }
                    });
                }
            });
        }
        // Relaxed: the threads have ended.
        let total: u64 = cell.iter().map(|part| part.load(Ordering::Relaxed)).sum();
        assert_eq!(total, 20 * (*OWNED as u64 + 5) * 1000);
    }

    #[test]
    fn threads_that_live_at_once_have_different_numbers_or_none() {
        let barrier = std::sync::Barrier::new(*OWNED + 3);
        let numbers: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..*OWNED + 3)
                .map(|_| {
                    scope.spawn(|| {
                        let number = mine();
                        barrier.wait();
                        number
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut own: Vec<_> = numbers.iter().filter(|&&number| number != NONE).collect();
        let there = own.len();
        own.sort_unstable();
        own.dedup();
        assert_eq!(own.len(), there, "{numbers:?}");
        assert!(there < numbers.len());
    }
}
