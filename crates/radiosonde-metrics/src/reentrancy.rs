//! The reentrancy guard for recording from within the program's own allocator.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;

use crate::sync::{Mutex, MutexGuard};

thread_local! {
    // Without a destructor: it is there until the thread's very end, and registers nothing.
    static ALLOCATING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`, which allocates for a metric. `None` within another such work on this thread: then the program's allocator records, and
/// to allocate again would never end, or wait for a lock that this thread has.
pub(crate) fn outermost<R>(work: impl FnOnce() -> R) -> Option<R> {
    // In a model all threads are one to the system.
    if cfg!(loom) {
        return Some(work());
    }
    if ALLOCATING.get() {
        return None;
    }
    let _allocating = Allocating::begin();
    Some(work())
}

/// Locks what a recording may wait for. Until the guard is dropped, [`outermost`] refuses on this thread: an allocation or a deallocation
/// under the lock would otherwise let the program's allocator wait for its own thread.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> Locked<'_, T> {
    let allocating = Allocating::begin();
    Locked { guard: mutex.lock().unwrap_or_else(PoisonError::into_inner), _allocating: allocating }
}

/// The guard of [`lock`].
pub(crate) struct Locked<'a, T> {
    // Dropped first: unlocked while allocations are still refused.
    guard: MutexGuard<'a, T>,
    _allocating: Allocating,
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for Locked<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// This thread allocates for a metric for as long as this lives.
struct Allocating {
    /// Whether it did so before.
    before: bool,
}

impl Allocating {
    fn begin() -> Self {
        // In a model all threads are one to the system.
        Self { before: !cfg!(loom) && ALLOCATING.replace(true) }
    }
}

impl Drop for Allocating {
    fn drop(&mut self) {
        if !cfg!(loom) {
            ALLOCATING.set(self.before);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn nothing_allocates_under_a_lock_and_everything_may_after_it() {
        let mutex = Mutex::new(());
        let outer = lock(&mutex);
        drop(lock(&Mutex::new(())));
        assert!(outermost(|| ()).is_none());
        drop(outer);
        assert!(outermost(|| drop(lock(&mutex))).is_some());
        assert!(outermost(|| ()).is_some());
    }
}
