use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A power of two, so that threads in different spans rarely contend for a lock.
const SHARDS: usize = 32;

/// What a layer keeps of the open spans, by the span's id.
///
/// # Cost
/// A look-up takes one of 32 locks. Hold one at a time, only while bytes are copied, and never while foreign code runs.
#[derive(Debug)]
pub struct SpanTable<T> {
    shards: [Mutex<Shard<T>>; SHARDS],
}

/// A part of a [`SpanTable`].
pub type Shard<T> = HashMap<u64, T, BuildHasherDefault<SpreadId>>;

impl<T> SpanTable<T> {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self { shards: [const { Mutex::new(HashMap::with_hasher(BuildHasherDefault::new())) }; SHARDS] }
    }

    /// The part that the span with this id belongs to.
    #[inline]
    pub fn shard(&self, id: u64) -> MutexGuard<'_, Shard<T>> {
        let at = (spread(id) >> 32) as usize % SHARDS;
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes everything.
    pub fn drain(&mut self, mut take: impl FnMut(T)) {
        for shard in &mut self.shards {
            let shard = shard.get_mut().unwrap_or_else(PoisonError::into_inner);
            shard.drain().for_each(|(_, value)| take(value));
        }
    }

    /// Calls `visit` for each part in turn.
    pub fn each_shard(&self, mut visit: impl FnMut(&Shard<T>)) {
        for shard in &self.shards {
            visit(&shard.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl<T> Default for SpanTable<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// A hasher for ids, which the registry of `tracing` makes with all bits spread.
#[derive(Debug, Default)]
pub struct SpreadId(u64);

impl Hasher for SpreadId {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    #[inline]
    fn write_u64(&mut self, id: u64) {
        self.0 = spread(id);
    }
}

#[inline]
const fn spread(id: u64) -> u64 {
    id.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26)
}
