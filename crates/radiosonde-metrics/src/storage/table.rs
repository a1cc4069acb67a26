use std::ptr::{self, NonNull};
use std::sync::{Arc, PoisonError};

use crate::reentrancy::{Locked, lock};
use crate::storage::key::Key;
use crate::storage::seeds::Seeds;
use crate::storage::series::{Found, Series};
use crate::storage::values::Values;
use crate::sync::{AtomicPtr, AtomicU64, FIRST_SLOTS, Mutex, Ordering};

/// The series of a family, found by their label values: read by any number of threads, without a lock or a write.
///
/// Open addressing with linear probing over slots that go from empty to filled and never back. Values are compared, not only
/// their hash. Adding takes a lock; a table that has grown too full is replaced by a larger one, and the smaller ones stay until the
/// end, because a reader may still use them: together they are smaller than the current one.
pub(crate) struct Table<C> {
    /// Points to one of the boxes in `writer`, the last.
    slots: AtomicPtr<Slots<C>>,
    writer: Mutex<Writer<C>>,
    seeds: Seeds,
}

struct Writer<C> {
    /// Every series, in the order in which they were added. Keeps alive what the slots point to.
    all: Vec<Arc<Series<C>>>,
    /// Every array of slots so far, the current one last.
    grown: Vec<*mut Slots<C>>,
    /// All series, sorted by their labels, as of the last call of `sorted`.
    sorted: Arc<[Arc<Series<C>>]>,
}

struct Slots<C> {
    /// A power of two, at least twice the number of series.
    slots: Box<[Slot<C>]>,
}

struct Slot<C> {
    /// The hash of the series' values; written before the pointer.
    hash: AtomicU64,
    series: AtomicPtr<Series<C>>,
}

#[allow(unsafe_code, reason = "the slots are boxed by hand, so the compiler asks for a word")]
// SAFETY: a table hands out shared references to cells, from whatever thread, and is dropped on one of them.
unsafe impl<C: Send + Sync> Send for Table<C> {}

#[allow(unsafe_code, reason = "the slots are boxed by hand, so the compiler asks for a word")]
// SAFETY: as above; everything that changes is atomic or behind the lock.
unsafe impl<C: Send + Sync> Sync for Table<C> {}

impl<C> Table<C> {
    pub(crate) fn new() -> Self {
        let first = Slots::boxed(FIRST_SLOTS);
        let writer = Writer { all: Vec::new(), grown: vec![first], sorted: Arc::new([]) };
        Self { slots: AtomicPtr::new(first), writer: Mutex::new(writer), seeds: Seeds::new() }
    }

    /// One hash over the values, usually one probe, one comparison. Writes nothing.
    #[inline]
    pub(crate) fn get(&self, values: &impl Values) -> Option<Found<'_, C>> {
        match values.to_short_key().key() {
            Some(own) => {
                let is = |key: &Key| matches!(key, Key::Short(key) if key.is(own));
                self.find(own.hash(&self.seeds), is)
            }
            None => self.find(values.hash_long(&self.seeds), |key| values.is_key(key)),
        }
    }

    /// The series with these values, made by `make` if it is new and there are fewer than `limit`; `None` at the limit.
    pub(crate) fn get_or_insert(
        &self,
        values: &impl Values,
        limit: usize,
        make: impl FnOnce() -> Arc<Series<C>>,
    ) -> Option<Found<'_, C>> {
        let hash = values.hash(&self.seeds);
        let mut writer = self.lock();
        // Another thread may have inserted it since the look-up.
        if let Some(series) = self.find(hash, |key| values.is_key(key)) {
            return Some(series);
        }
        if writer.all.len() >= limit {
            return None;
        }
        let series = make();
        let pointer = Arc::as_ptr(&series);
        writer.all.push(series);
        self.make_room(&mut writer);
        self.current().insert(hash, pointer);
        self.follow(pointer.cast_mut())
    }

    /// All series, sorted by their labels. Sorts only if there are new ones.
    pub(crate) fn sorted(&self) -> Arc<[Arc<Series<C>>]> {
        let mut writer = self.lock();
        if writer.sorted.len() != writer.all.len() {
            let mut sorted = writer.all.clone();
            sorted.sort_unstable_by(|a, b| a.labels.cmp(&b.labels));
            writer.sorted = sorted.into();
        }
        Arc::clone(&writer.sorted)
    }

    #[inline]
    fn find(&self, hash: u64, is: impl Fn(&Key) -> bool) -> Option<Found<'_, C>> {
        let slots = &self.current().slots;
        let mask = slots.len() - 1;
        let mut at = start(hash, mask);
        loop {
            let slot = &slots[at];
            // Acquire: the hash and the series were written before.
            let series = self.follow(slot.series.load(Ordering::Acquire))?;
            // Relaxed: ordered by the pointer.
            if slot.hash.load(Ordering::Relaxed) == hash && is(&series.key) {
                return Some(series);
            }
            at = (at + 1) & mask;
        }
    }

    /// The series that a slot points to.
    fn follow(&self, series: *mut Series<C>) -> Option<Found<'_, C>> {
        let series = NonNull::new(series)?;
        #[allow(unsafe_code, reason = "slots hold pointers that are read without a lock")]
        // SAFETY: a slot's pointer is from `Arc::as_ptr`, and `Writer::all` keeps that `Arc` until the table is dropped.
        Some(unsafe { Found::at(series) })
    }

    fn current(&self) -> &Slots<C> {
        #[allow(unsafe_code, reason = "the slots are replaced while others read them")]
        // SAFETY: points to a box of `Writer::grown`, which are freed when the table is dropped. Acquire: with what is in it.
        unsafe {
            &*self.slots.load(Ordering::Acquire)
        }
    }

    /// Moves to twice as many slots when half would be filled.
    fn make_room(&self, writer: &mut Writer<C>) {
        let old = self.current();
        if writer.all.len() * 2 <= old.slots.len() {
            return;
        }
        let new = Slots::boxed(old.slots.len() * 2);
        writer.grown.push(new);
        for slot in &old.slots {
            // Relaxed: only the holder of the lock writes.
            let series = slot.series.load(Ordering::Relaxed);
            if !series.is_null() {
                #[allow(unsafe_code, reason = "the new slots are behind a pointer already")]
                // SAFETY: made above and kept by `Writer::grown`.
                unsafe { &*new }.insert(slot.hash.load(Ordering::Relaxed), series);
            }
        }
        // Release: a thread that reads the new slots finds all of the old ones' in them.
        self.slots.store(new, Ordering::Release);
    }

    fn lock(&self) -> Locked<'_, Writer<C>> {
        lock(&self.writer)
    }
}

impl<C> Slots<C> {
    fn boxed(slots: usize) -> *mut Self {
        let empty = || Slot { hash: AtomicU64::new(0), series: AtomicPtr::new(ptr::null_mut()) };
        Box::into_raw(Box::new(Self { slots: (0..slots).map(|_| empty()).collect() }))
    }

    /// Under the writer's lock. There is room: at least half of the slots are empty.
    fn insert(&self, hash: u64, series: *const Series<C>) {
        let mask = self.slots.len() - 1;
        let mut at = start(hash, mask);
        // Relaxed: only the holder of the lock writes.
        while !self.slots[at].series.load(Ordering::Relaxed).is_null() {
            at = (at + 1) & mask;
        }
        // Relaxed: published by the pointer.
        self.slots[at].hash.store(hash, Ordering::Relaxed);
        // Release: a thread that sees the pointer sees the hash and the series.
        self.slots[at].series.store(series.cast_mut(), Ordering::Release);
    }
}

impl<C> Drop for Table<C> {
    fn drop(&mut self) {
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        for slots in writer.grown.drain(..) {
            #[allow(unsafe_code, reason = "the slots were boxed by hand")]
            // SAFETY: from `Box::into_raw`, once each, and no reader is left.
            drop(unsafe { Box::from_raw(slots) });
        }
    }
}

impl<C> std::fmt::Debug for Table<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("series", &self.lock().all.len()).finish_non_exhaustive()
    }
}

#[allow(clippy::cast_possible_truncation, reason = "masked right away")]
const fn start(hash: u64, mask: usize) -> usize {
    hash as usize & mask
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::model::label_set::LabelSet;

    struct Texts<'a>(&'a [&'a str]);

    impl Values for Texts<'_> {
        fn each(&self, mut see: impl FnMut(&str)) {
            self.0.iter().for_each(|value| see(value));
        }
    }

    fn series<C>(cell: C, values: &Texts<'_>) -> Arc<Series<C>> {
        Series::new(cell, LabelSet::default(), values.to_key(), std::time::SystemTime::UNIX_EPOCH)
    }

    fn add(table: &Table<usize>, values: &[&str], cell: usize) -> Option<usize> {
        let values = Texts(values);
        table.get_or_insert(&values, 5000, || series(cell, &values)).map(|series| series.cell)
    }

    #[test]
    fn sets_that_join_to_the_same_text_stay_apart() {
        let table = Table::new();
        assert_eq!(add(&table, &["ab", "c"], 1), Some(1));
        assert_eq!(add(&table, &["a", "bc"], 2), Some(2));
        assert_eq!(add(&table, &["GET", "", "x"], 3), Some(3));
        assert_eq!(add(&table, &["GET", "x", ""], 4), Some(4));
        assert_eq!(add(&table, &["ab", "c"], 5), Some(1));
        assert_eq!(table.get(&Texts(&["abc"])).map(|series| series.cell), None);
    }

    #[test]
    fn what_was_found_once_is_found_while_others_add() {
        let table = Table::new();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for n in 0..3000 {
                        let text = n.to_string();
                        assert_eq!(add(&table, &["x", &text], n), Some(n));
                        let earlier = (n / 2).to_string();
                        assert_eq!(
                            table.get(&Texts(&["x", &earlier])).map(|series| series.cell),
                            Some(n / 2)
                        );
                    }
                });
            }
        });
        assert_eq!(table.sorted().len(), 3000);
    }

    #[test]
    fn the_limit_holds() {
        let table = Table::new();
        let values: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let made = values.iter().filter(|value| {
            let values = Texts(&[value]);
            table.get_or_insert(&values, 7, || series(0, &values)).is_some()
        });
        assert_eq!(made.count(), 7);
    }
}
