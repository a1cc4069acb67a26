//! Counts by key, found and added to without a lock.
//!
//! Every count carries its generation. A thread that changes what keys mean first closes all counts by giving them the next
//! generation: an addition either came before, and is in the count that was closed, or finds an unexpected generation and is
//! repeated. So none is lost, and none is in the wrong place.

use crate::once_box::OnceBox;
use crate::sync::{AtomicU64, Ordering};

/// A count in the lower bits, the generation above.
#[derive(Debug)]
pub(crate) struct Count(AtomicU64);

const COUNT_BITS: u32 = 48;
const COUNT: u64 = (1 << COUNT_BITS) - 1;

/// The meaning of the keys that a count belongs to. Wraps after 65536: a thread that stops for that long in the middle of an addition, while the
/// count returns to the same value, adds to what the key means then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Generation(u64);

impl Generation {
    pub(crate) const FIRST: Self = Self(0);

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits >> COUNT_BITS)
    }

    /// In the same place as in a count.
    pub(crate) const fn to_bits(self) -> u64 {
        self.0 << COUNT_BITS
    }

    #[must_use]
    pub(crate) const fn next(self) -> Self {
        Self((self.0 + 1) & (u64::MAX >> COUNT_BITS))
    }
}

impl Count {
    pub(crate) fn new(generation: Generation) -> Self {
        Self(AtomicU64::new(generation.to_bits()))
    }

    /// Adds one, unless the count is of another generation. At 2^48, eight years of a million each second, it stays.
    #[inline]
    pub(crate) fn increment(&self, generation: Generation) -> bool {
        // Relaxed here and below: what decides is the order of the changes to this count alone, which all threads agree on.
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            if Generation::from_bits(seen) != generation {
                return false;
            }
            let next = if seen & COUNT == COUNT { seen } else { seen + 1 };
            match self.0.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => seen = other,
            }
        }
    }

    /// Takes the count out and lets no more additions of its generation in.
    pub(crate) fn close(&self, next: Generation) -> u64 {
        // Relaxed: as above. What is stored after it is stored with Release.
        self.0.swap(next.to_bits(), Ordering::Relaxed) & COUNT
    }

    /// Puts a count in that is closed to others until they know the generation.
    pub(crate) fn open(&self, generation: Generation, count: u64) {
        // Relaxed: published with the generation.
        self.0.store(generation.to_bits() | count.min(COUNT), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        // Relaxed: readers need the total, not an order against others.
        self.0.load(Ordering::Relaxed) & COUNT
    }
}

/// A table of counts. It grows by further levels, so that nothing that a thread may be looking at moves.
#[derive(Debug)]
pub(crate) struct Slots {
    levels: [OnceBox<Box<[Slot]>>; LEVELS],
}

#[derive(Debug)]
struct Slot {
    key: AtomicU64,
    count: Count,
}

const LEVELS: usize = 6;
/// In a model as few as will do.
const FIRST_LEVEL: usize = if cfg!(loom) { 4 } else { 64 };

/// No key.
const EMPTY: u64 = 0;

/// How many slots of each level are taken. Only the thread that can write to it changes keys.
#[derive(Debug, Default)]
pub(crate) struct Taken([usize; LEVELS]);

impl Taken {
    pub(crate) fn total(&self) -> usize {
        self.0.iter().sum()
    }
}

impl Slots {
    pub(crate) const fn new() -> Self {
        Self { levels: [const { OnceBox::new() }; LEVELS] }
    }

    /// The count of this key, if it has one.
    #[inline]
    pub(crate) fn find(&self, key: u64) -> Option<&Count> {
        // Most keys are in the first place that they are looked for in.
        if let Some(first) = self.levels[0].get()
            && let Some(slot) = first.get(start(key) & (FIRST_LEVEL - 1))
            // Acquire: a thread that sees a key of a later generation sees that the counts are closed.
            && slot.key.load(Ordering::Acquire) == key
        {
            return Some(&slot.count);
        }
        self.find_further(key)
    }

    #[inline(never)]
    fn find_further(&self, key: u64) -> Option<&Count> {
        for level in &self.levels {
            let slots = level.get()?;
            for slot in probe(slots, key) {
                // Acquire: as above.
                match slot.key.load(Ordering::Acquire) {
                    EMPTY => break,
                    found if found == key => return Some(&slot.count),
                    _ => {}
                }
            }
        }
        None
    }

    /// Gives a key that has none a count. Not done if there are two thousand already.
    pub(crate) fn insert(&self, taken: &mut Taken, key: u64, generation: Generation, count: u64) {
        for (at, (level, taken)) in self.levels.iter().zip(&mut taken.0).enumerate() {
            let size = FIRST_LEVEL << at;
            let slot = || Slot { key: AtomicU64::new(EMPTY), count: Count::new(generation) };
            let slots = level.get_or_init(|| (0..size).map(|_| slot()).collect());
            // Half full at most, so that what is not there is soon not found.
            if *taken >= size / 2 {
                continue;
            }
            // Relaxed: keys change under the lock that this call is made under.
            let free = probe(slots, key).find(|slot| slot.key.load(Ordering::Relaxed) == EMPTY);
            if let Some(free) = free {
                *taken += 1;
                free.count.open(generation, count);
                // Release: a thread that finds the key finds the count.
                free.key.store(key, Ordering::Release);
                return;
            }
        }
    }

    /// Takes all keys and counts out and lets no more additions of their generation in.
    pub(crate) fn close(&self, taken: &mut Taken, next: Generation) -> Vec<(u64, u64)> {
        let slots = || self.levels.iter().filter_map(OnceBox::get).flatten();
        // All counts, those of no key too, before the first key changes.
        let counts: Vec<_> = slots().map(|slot| slot.count.close(next)).collect();
        *taken = Taken::default();
        let keys = slots().map(|slot| {
            // Relaxed: keys change under the lock that this call is made under.
            let key = slot.key.load(Ordering::Relaxed);
            // Release: a thread that sees that it is gone sees that the count is closed.
            slot.key.store(EMPTY, Ordering::Release);
            key
        });
        keys.zip(counts).filter(|&(key, _)| key != EMPTY).collect()
    }

    /// All keys and counts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        let slots = self.levels.iter().filter_map(OnceBox::get).flatten();
        // Acquire: the count is that of the key.
        let pairs = slots.map(|slot| (slot.key.load(Ordering::Acquire), slot.count.get()));
        pairs.filter(|&(key, _)| key != EMPTY)
    }
}

/// Where a key belongs, in the lower bits.
#[inline]
fn start(key: u64) -> usize {
    // Fibonacci hashing: keys that follow each other are spread evenly.
    let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    #[allow(clippy::cast_possible_truncation, reason = "32 bits")]
    let start = hash as usize;
    start
}

/// All slots, beginning where the key belongs. Their number is a power of two.
fn probe(slots: &[Slot], key: u64) -> impl Iterator<Item = &Slot> {
    let start = start(key);
    (0..slots.len()).map(move |step| &slots[(start + step) & (slots.len() - 1)])
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_however_many_levels_there_are() {
        let (slots, mut taken) = (Slots::new(), Taken::default());
        for key in 1..=2000 {
            assert!(slots.find(key).is_none());
            slots.insert(&mut taken, key, Generation::FIRST, key);
        }
        assert_eq!(taken.total(), 2000);
        assert!((1..=2000).all(|key| slots.find(key).unwrap().get() == key));
        assert_eq!(slots.iter().map(|(key, _)| key).sum::<u64>(), 2000 * 2001 / 2);

        let next = Generation::FIRST.next();
        let count = slots.find(7).unwrap();
        assert!(count.increment(Generation::FIRST));
        let mut all = slots.close(&mut taken, next);
        all.sort_unstable();
        assert_eq!((all.len(), all[6], taken.total()), (2000, (7, 8), 0));
        assert!(!count.increment(Generation::FIRST) && count.increment(next));
        assert!(slots.find(7).is_none() && slots.iter().next().is_none());
    }

    #[test]
    fn a_full_count_stays_and_leaves_the_generation_alone() {
        let last = (0..65_535).fold(Generation::FIRST, |generation, _| generation.next());
        assert_eq!(last.next(), Generation::FIRST);
        let count = Count::new(last);
        count.open(last, COUNT - 1);
        assert!((0..3).all(|_| count.increment(last)));
        assert_eq!((count.get(), count.close(Generation::FIRST), count.get()), (COUNT, COUNT, 0));
    }
}
