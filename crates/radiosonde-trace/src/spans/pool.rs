//! Reuses the buffers of spans: a span that is sent allocates nothing once its process has warmed up.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Larger buffers are freed.
const KEEP_BYTES: usize = 16 * 1024;

/// Buffers that move between a thread and all threads at once.
const BATCH: usize = 32;

/// The most buffers kept for all threads: 64 batches, at most 32 MiB.
const KEEP_BATCHES: usize = 64;

/// Batches of empty buffers. Buffers are filled on the program's threads and freed by the delivery thread, so they have to
/// come back.
static SHARED: Mutex<Vec<Vec<Vec<u8>>>> = Mutex::new(Vec::new());

thread_local! {
    static OWN: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A byte buffer that returns to the pool when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct PooledBytes(Vec<u8>);

impl PooledBytes {
    /// An empty buffer.
    pub(crate) fn take() -> Self {
        // Borrowed if an allocator makes a span while the list changes; gone while the thread exits.
        let taken =
            OWN.try_with(|own| own.try_borrow_mut().map(|mut own| take(&mut own)).unwrap_or_default());
        Self(taken.unwrap_or_default())
    }
}

fn take(own: &mut Vec<Vec<u8>>) -> Vec<u8> {
    if own.is_empty()
        && let Some(batch) = SHARED.lock().unwrap_or_else(PoisonError::into_inner).pop()
    {
        *own = batch;
    }
    own.pop().unwrap_or_default()
}

fn give_back(own: &mut Vec<Vec<u8>>, mut buffer: Vec<u8>) {
    buffer.clear();
    own.push(buffer);
    if own.len() < 2 * BATCH {
        return;
    }
    let batch = own.split_off(BATCH);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if shared.len() < KEEP_BATCHES {
        shared.push(batch);
    }
}

impl Drop for PooledBytes {
    fn drop(&mut self) {
        if self.0.capacity() == 0 || self.0.capacity() > KEEP_BYTES {
            return;
        }
        let buffer = std::mem::take(&mut self.0);
        // As in `take`.
        let _ = OWN.try_with(|own| {
            if let Ok(mut own) = own.try_borrow_mut() {
                give_back(&mut own, buffer);
            }
        });
    }
}

impl Clone for PooledBytes {
    fn clone(&self) -> Self {
        let mut copy = Self::take();
        copy.extend_from_slice(self);
        copy
    }
}

impl Deref for PooledBytes {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for PooledBytes {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}
