use std::ptr::{self, NonNull};

use crate::removable::entry::Entry;
use crate::sync::{AtomicPtr, AtomicU64, Ordering};

/// An array of entries by their hash, with linear probing: read by any thread, changed under the table's lock.
///
/// An entry that is removed leaves no trace: those behind it that would not be found any more move up. A concurrent reader may
/// miss an entry that moves, and then looks again under the lock.
pub(crate) struct Slots<C> {
    /// A power of two, at least twice the number of entries.
    slots: Box<[Slot<C>]>,
}

struct Slot<C> {
    /// The hash of the entry's values; a hint, as it may be that of the entry before or after.
    hash: AtomicU64,
    entry: AtomicPtr<Entry<C>>,
}

impl<C> Slots<C> {
    pub(crate) fn new(slots: usize) -> Self {
        let empty = || Slot { hash: AtomicU64::new(0), entry: AtomicPtr::new(ptr::null_mut()) };
        Self { slots: (0..slots).map(|_| empty()).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Where the entry is that `is` accepts, and which it is.
    ///
    /// # Safety
    /// Nothing that is in the slots now, or comes into them, is freed before this returns.
    #[allow(unsafe_code, reason = "the caller knows how long entries live")]
    pub(crate) unsafe fn find(
        &self,
        hash: u64,
        is: impl Fn(&Entry<C>) -> bool,
    ) -> Option<(usize, NonNull<Entry<C>>)> {
        let mask = self.slots.len() - 1;
        let home = home(hash, mask);
        // Not until an empty slot comes: entries that move may keep a reader from ever seeing one.
        for step in 0..self.slots.len() {
            let at = (home + step) & mask;
            // Acquire: the entry was written before.
            let entry = NonNull::new(self.slots[at].entry.load(Ordering::Acquire))?;
            // Relaxed: a hint. One that is wrong costs a look under the lock.
            if self.slots[at].hash.load(Ordering::Relaxed) != hash {
                continue;
            }
            // SAFETY: what is in a slot was made from an `Arc`, and the caller guarantees that it is not freed yet.
            if is(unsafe { entry.as_ref() }) {
                return Some((at, entry));
            }
        }
        None
    }

    /// What is in one slot. Under the table's lock.
    pub(crate) fn at(&self, at: usize) -> Option<NonNull<Entry<C>>> {
        // Relaxed: only the holder of the lock writes.
        NonNull::new(self.slots.get(at)?.entry.load(Ordering::Relaxed))
    }

    /// Under the table's lock. There is room: at least half of the slots are empty.
    pub(crate) fn insert(&self, hash: u64, entry: *mut Entry<C>) {
        let mask = self.slots.len() - 1;
        let mut at = home(hash, mask);
        // Relaxed: only the holder of the lock writes.
        while !self.slots[at].entry.load(Ordering::Relaxed).is_null() {
            at = (at + 1) & mask;
        }
        self.fill(at, hash, entry);
    }

    /// Empties a slot, and moves up those behind it. Under the table's lock.
    pub(crate) fn remove(&self, at: usize) {
        let mask = self.slots.len() - 1;
        let (mut hole, mut next) = (at, at);
        loop {
            next = (next + 1) & mask;
            // Relaxed: only the holder of the lock writes.
            let entry = self.slots[next].entry.load(Ordering::Relaxed);
            if entry.is_null() {
                break;
            }
            // Relaxed: as above.
            let hash = self.slots[next].hash.load(Ordering::Relaxed);
            let from_home = next.wrapping_sub(home(hash, mask)) & mask;
            let from_hole = next.wrapping_sub(hole) & mask;
            if from_home >= from_hole {
                self.fill(hole, hash, entry);
                hole = next;
            }
        }
        // Relaxed: that it is out of sight is passed on by the table's `Epochs`.
        self.slots[hole].entry.store(ptr::null_mut(), Ordering::Relaxed);
    }

    /// What is in the slots. Under the table's lock.
    pub(crate) fn entries(&self) -> impl Iterator<Item = NonNull<Entry<C>>> {
        // Relaxed: only the holder of the lock writes.
        self.slots.iter().filter_map(|slot| NonNull::new(slot.entry.load(Ordering::Relaxed)))
    }

    fn fill(&self, at: usize, hash: u64, entry: *mut Entry<C>) {
        // Relaxed: a hint.
        self.slots[at].hash.store(hash, Ordering::Relaxed);
        // Release: a thread that sees the pointer sees the entry.
        self.slots[at].entry.store(entry, Ordering::Release);
    }
}

#[allow(clippy::cast_possible_truncation, reason = "masked right away")]
const fn home(hash: u64, mask: usize) -> usize {
    hash as usize & mask
}
