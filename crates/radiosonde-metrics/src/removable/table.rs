use std::mem::{self, ManuallyDrop};
use std::ptr::NonNull;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError};

use crate::reentrancy::{Locked, lock};
use crate::removable::entry::Entry;
use crate::removable::epochs::Epochs;
use crate::removable::slots::Slots;
use crate::storage::key::Key;
use crate::storage::seeds::Seeds;
use crate::storage::series::Series;
use crate::storage::values::Values;
use crate::sync::{AtomicPtr, AtomicUsize, FIRST_SLOTS, Mutex, Ordering, fence, yield_now};

/// The series of a family whose series can be removed: read by any number of threads without a lock, changed under one.
///
/// A removed entry is out of sight at once: it is retired, and reclaimed when no reader can still see it, which [`Epochs`] determines. Retired
/// entries have a limit too: beyond it there is no room for new series, as if the retired ones were still there.
pub(crate) struct RemovableTable<C> {
    /// Points into `Writer::slots`.
    slots: AtomicPtr<Slots<C>>,
    writer: Mutex<Writer<C>>,
    epochs: Epochs,
    seeds: Seeds,
    /// Whether there was no room, and nothing has gone since.
    full: AtomicBool,
    /// How often entries began to move or ended to; odd while they do.
    moves: AtomicUsize,
}

struct Writer<C> {
    /// Each entry in them is an `Arc` that the slots own.
    slots: Arc<Slots<C>>,
    /// How many entries the slots have.
    filled: usize,
    /// How many of them count towards the limit.
    counted: usize,
    /// All entries, sorted by their labels, unless something has changed since the last call of `sorted`.
    sorted: Option<Arc<[Arc<Entry<C>>]>>,
    /// Retired since the last advance of the epochs.
    recent: Retired<C>,
    /// Retired before it.
    earlier: Retired<C>,
}

/// Out of sight of new readers.
struct Retired<C> {
    entries: Vec<Arc<Entry<C>>>,
    slots: Vec<Arc<Slots<C>>>,
}

/// How many entries may be retired at least.
const MOST_RETIRED: usize = 256;
/// From how many retired entries on an insertion or a removal tries to reclaim.
const RECLAIM_FROM: usize = if cfg!(loom) { 1 } else { 32 };

impl<C> RemovableTable<C> {
    pub(crate) fn new() -> Self {
        let slots = Arc::new(Slots::new(FIRST_SLOTS));
        let pointer = AtomicPtr::new(Arc::as_ptr(&slots).cast_mut());
        let (recent, earlier) = (Retired::default(), Retired::default());
        let writer = Mutex::new(Writer { slots, filled: 0, counted: 0, sorted: None, recent, earlier });
        Self {
            slots: pointer,
            writer,
            epochs: Epochs::new(),
            seeds: Seeds::new(),
            full: AtomicBool::new(false),
            moves: AtomicUsize::new(0),
        }
    }

    /// Shows the entry with these values to `see`. `None` if it is absent or being moved.
    pub(crate) fn read<R>(&self, values: &impl Values, see: impl FnOnce(&Entry<C>) -> R) -> Option<R> {
        match values.to_short_key().key() {
            Some(own) => {
                let is = |key: &Key| matches!(key, Key::Short(key) if key.is(own));
                self.read_hashed(own.hash(&self.seeds), is, see)
            }
            None => self.read_hashed(values.hash_long(&self.seeds), |key| values.is_key(key), see),
        }
    }

    fn read_hashed<R>(
        &self,
        hash: u64,
        is: impl Fn(&Key) -> bool,
        see: impl FnOnce(&Entry<C>) -> R,
    ) -> Option<R> {
        let reading = self.epochs.enter();
        #[allow(unsafe_code, reason = "slots and entries go while others read them")]
        // SAFETY: retired slots and entries are freed after two advances of the epochs, and what `reading` sees is not among them until
        // it ends, which is below. Acquire: with what is in the slots.
        let found = unsafe {
            let slots = &*self.slots.load(Ordering::Acquire);
            slots.find(hash, |entry| is(&entry.series.key)).map(|(_, entry)| see(entry.as_ref()))
        };
        drop(reading);
        found
    }

    /// The entry with these values, shown to `see` under the lock; made by `make` if it is new and there are fewer than `limit`, if any.
    pub(crate) fn get_or_insert(
        &self,
        values: &impl Values,
        limit: Option<usize>,
        make: impl FnOnce() -> Arc<Series<C>>,
        see: impl FnOnce(&Entry<C>),
    ) -> Option<Arc<Entry<C>>> {
        let (hash, key) = (values.hash(&self.seeds), values.to_key());
        let mut freed = Retired::default();
        // Unlocked before what is freed is dropped, whose destructor may be the user's code.
        let mut writer = self.lock();
        let entry = match writer.find(hash, |entry| entry.series.key == key) {
            Some((_, entry)) => entry,
            None => {
                freed = writer.reclaim_if_many(&self.epochs);
                if limit.is_some_and(|limit| !self.has_room(&writer, limit)) {
                    return None;
                }
                let entry = Arc::new(Entry::new(make(), hash, limit.is_none()));
                self.make_room(&mut writer);
                writer.slots.insert(hash, Arc::into_raw(Arc::clone(&entry)).cast_mut());
                writer.filled += 1;
                writer.counted += usize::from(!entry.beyond);
                writer.sorted = None;
                entry
            }
        };
        see(&entry);
        drop(writer);
        drop(freed);
        Some(entry)
    }

    /// Removes the entry with these values; whether there was one.
    pub(crate) fn remove(&self, values: &impl Values) -> bool {
        let (hash, key) = (values.hash(&self.seeds), values.to_key());
        self.unlink(|writer| writer.find(hash, |entry| entry.series.key == key).map(|(at, _)| at))
    }

    /// Removes this very entry; whether it was there.
    pub(crate) fn remove_entry(&self, entry: &Arc<Entry<C>>) -> bool {
        self.unlink(|writer| writer.place_of(entry))
    }

    /// Takes a guard from the entry, and removes it with the last one; whether that was so.
    pub(crate) fn release(&self, entry: &Arc<Entry<C>>) -> bool {
        self.unlink(|writer| if entry.release() { writer.place_of(entry) } else { None })
    }

    /// Removes the entries that `dead` is true of, under the lock, and frees what can be freed; how many it removed.
    pub(crate) fn remove_if(&self, dead: impl Fn(&Entry<C>) -> bool) -> usize {
        let mut writer = self.lock();
        let dead: Vec<_> = writer.all().filter(|entry| dead(entry)).collect();
        for entry in &dead {
            if let Some(at) = writer.place_of(entry) {
                self.take_out(&mut writer, at);
            }
        }
        let freed = writer.reclaim(&self.epochs);
        drop(writer);
        drop(freed);
        dead.len()
    }

    /// Frees what can be freed.
    pub(crate) fn reclaim(&self) {
        let mut writer = self.lock();
        let freed = writer.reclaim(&self.epochs);
        drop(writer);
        drop(freed);
    }

    /// All entries, sorted by their labels. Sorts only if something has changed.
    pub(crate) fn sorted(&self) -> Arc<[Arc<Entry<C>>]> {
        let mut writer = self.lock();
        if let Some(sorted) = &writer.sorted {
            return Arc::clone(sorted);
        }
        let mut sorted: Vec<_> = writer.all().collect();
        sorted.sort_unstable_by(|a, b| a.series.labels.cmp(&b.series.labels));
        let sorted: Arc<[_]> = sorted.into();
        writer.sorted = Some(Arc::clone(&sorted));
        sorted
    }

    /// Whether there is no room for these values, and no entry of theirs either. Not always noticed.
    pub(crate) fn is_full_without(&self, values: &impl Values) -> bool {
        // Acquire: comes before the reading.
        let before = self.moves.load(Ordering::Acquire);
        // Relaxed: a thread that does not know yet finds out under the lock.
        if !before.is_multiple_of(2)
            || !self.full.load(Ordering::Relaxed)
            || self.read(values, |_| {}).is_some()
        {
            return false;
        }
        // Acquire: comes after the reading. If that saw anything of a move, this sees its beginning.
        fence(Ordering::Acquire);
        // Relaxed: ordered by the fence.
        self.moves.load(Ordering::Relaxed) == before
    }

    fn has_room(&self, writer: &Writer<C>, limit: usize) -> bool {
        let full = writer.counted >= limit;
        // Relaxed: changes under the lock.
        self.full.store(full, Ordering::Relaxed);
        !full && writer.retired() < limit.max(MOST_RETIRED)
    }

    /// Moves to twice as many slots when half would be filled.
    fn make_room(&self, writer: &mut Writer<C>) {
        if (writer.filled + 1) * 2 <= writer.slots.len() {
            return;
        }
        let slots = Slots::new(writer.slots.len() * 2);
        writer.all().for_each(|entry| slots.insert(entry.hash, Arc::as_ptr(&entry).cast_mut()));
        let slots = Arc::new(slots);
        // Release: a thread that reads the new slots finds all of the old ones' in them.
        self.slots.store(Arc::as_ptr(&slots).cast_mut(), Ordering::Release);
        let old = mem::replace(&mut writer.slots, slots);
        writer.recent.slots.push(old);
    }

    fn unlink(&self, find: impl FnOnce(&Writer<C>) -> Option<usize>) -> bool {
        let mut writer = self.lock();
        let Some(at) = find(&writer) else { return false };
        self.take_out(&mut writer, at);
        let freed = writer.reclaim_if_many(&self.epochs);
        let is_crowded = writer.retired() * 2 >= MOST_RETIRED;
        drop(writer);
        drop(freed);
        if is_crowded {
            // A reader was preempted inside its epoch. Yield so that it can finish and retired entries can be freed.
            yield_now();
        }
        true
    }

    fn take_out(&self, writer: &mut Writer<C>, at: usize) {
        let Some(entry) = writer.slots.at(at) else { return };
        // Relaxed: changes under the lock.
        let moves = self.moves.load(Ordering::Relaxed);
        // Relaxed: ordered by the fence.
        self.moves.store(moves.wrapping_add(1), Ordering::Relaxed);
        // Release: a thread that sees something of the move sees that it has begun.
        fence(Ordering::Release);
        writer.slots.remove(at);
        // Release: a thread that sees that it has ended sees all of it.
        self.moves.store(moves.wrapping_add(2), Ordering::Release);
        #[allow(unsafe_code, reason = "the slots own what was made into a pointer by hand")]
        // SAFETY: from `Arc::into_raw`, and in no slot any more.
        let entry = unsafe { Arc::from_raw(entry.as_ptr().cast_const()) };
        writer.filled -= 1;
        writer.counted -= usize::from(!entry.beyond);
        writer.sorted = None;
        writer.recent.entries.push(entry);
        // Relaxed: changes under the lock.
        self.full.store(false, Ordering::Relaxed);
    }

    fn lock(&self) -> Locked<'_, Writer<C>> {
        lock(&self.writer)
    }
}

impl<C> Writer<C> {
    fn find(&self, hash: u64, is: impl Fn(&Entry<C>) -> bool) -> Option<(usize, Arc<Entry<C>>)> {
        #[allow(unsafe_code, reason = "the slots own what was made into a pointer by hand")]
        // SAFETY: entries are removed under the lock alone, which the owner of a `Writer` holds.
        unsafe { self.slots.find(hash, is) }.map(|(at, entry)| (at, shared(entry)))
    }

    fn place_of(&self, entry: &Arc<Entry<C>>) -> Option<usize> {
        self.find(entry.hash, |there| std::ptr::eq(there, Arc::as_ptr(entry))).map(|(at, _)| at)
    }

    fn all(&self) -> impl Iterator<Item = Arc<Entry<C>>> {
        self.slots.entries().map(shared)
    }

    /// Number of retired entries.
    fn retired(&self) -> usize {
        self.recent.entries.len() + self.earlier.entries.len()
    }

    /// As [`reclaim`](Self::reclaim), if there are enough retired entries.
    #[must_use = "it is to be dropped without the lock"]
    fn reclaim_if_many(&mut self, epochs: &Epochs) -> Retired<C> {
        if self.retired() >= RECLAIM_FROM { self.reclaim(epochs) } else { Retired::default() }
    }

    /// Advances the epochs, and takes what no reader can see any more: retired before the advance before this one.
    #[must_use = "it is to be dropped without the lock"]
    fn reclaim(&mut self, epochs: &Epochs) -> Retired<C> {
        let nothing = self.recent.is_empty() && self.earlier.is_empty();
        if nothing || !epochs.try_advance() {
            return Retired::default();
        }
        mem::replace(&mut self.earlier, mem::take(&mut self.recent))
    }
}

/// Another reference to an entry that is in the slots, under the lock.
fn shared<C>(entry: NonNull<Entry<C>>) -> Arc<Entry<C>> {
    #[allow(unsafe_code, reason = "the slots own what was made into a pointer by hand")]
    // SAFETY: from `Arc::into_raw`; the slots own that `Arc` while the lock is held. The copy made here is not dropped, its clone is counted.
    let owned = ManuallyDrop::new(unsafe { Arc::from_raw(entry.as_ptr().cast_const()) });
    Arc::clone(&owned)
}

impl<C> Default for Retired<C> {
    fn default() -> Self {
        Self { entries: Vec::new(), slots: Vec::new() }
    }
}

impl<C> Retired<C> {
    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.slots.is_empty()
    }
}

impl<C> Drop for RemovableTable<C> {
    fn drop(&mut self) {
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        for entry in writer.slots.entries() {
            #[allow(unsafe_code, reason = "the slots own what was made into a pointer by hand")]
            // SAFETY: from `Arc::into_raw`, once each, and no reader is left.
            drop(unsafe { Arc::from_raw(entry.as_ptr().cast_const()) });
        }
    }
}
