use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

/// The system's allocator, which counts. A program that measures makes it its own:
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: benches::Counting = benches::Counting;
///
/// let before = benches::live_bytes();
/// let kept = vec![0_u8; 4096];
/// assert_eq!(benches::live_bytes() - before, 4096);
/// # drop(kept);
/// ```
#[derive(Debug)]
pub struct Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);

thread_local! {
    // Constant and without a destructor, so that an allocation may count at any time in a thread's life.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The bytes that are allocated at this moment, on all threads. Zero in a program whose allocator is not [`Counting`].
#[must_use]
pub fn live_bytes() -> i64 {
    // Relaxed: a total, read where the work to be counted is done.
    LIVE.load(Ordering::Relaxed)
}

/// How often this thread has allocated, growing what it had included.
#[must_use]
pub fn allocations_of_this_thread() -> u64 {
    ALLOCATIONS.get()
}

fn count(grown_by: i64, allocations: u64) {
    // Relaxed: as above.
    LIVE.fetch_add(grown_by, Ordering::Relaxed);
    ALLOCATIONS.set(ALLOCATIONS.get() + allocations);
}

/// No allocation is larger than `isize::MAX`.
const fn signed(bytes: usize) -> i64 {
    bytes.cast_signed() as i64
}

#[allow(unsafe_code, reason = "an allocator is one by contract")]
// SAFETY: everything is the system allocator's; counting changes nothing about it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()), 1);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-signed(layout.size()), 0);
        // SAFETY: the caller keeps the contract of `dealloc`, which is the same.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(signed(size) - signed(layout.size()), 1);
        // SAFETY: the caller keeps the contract of `realloc`, which is the same.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
