//! Recording from within the program's own allocator.

use std::cell::Cell;

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
    if ALLOCATING.replace(true) {
        return None;
    }
    let _allocating = Allocating;
    Some(work())
}

struct Allocating;

impl Drop for Allocating {
    fn drop(&mut self) {
        ALLOCATING.set(false);
    }
}
