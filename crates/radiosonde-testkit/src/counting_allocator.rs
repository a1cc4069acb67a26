use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

thread_local! {
    // `const` and without a destructor: it does not allocate, and lives as long as its thread.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

static LIVE_BYTES: AtomicI64 = AtomicI64::new(0);

/// The system allocator with counters, for use as the `#[global_allocator]` of a test binary.
///
/// ```
/// use radiosonde_testkit::CountingAllocator;
///
/// #[global_allocator]
/// static ALLOCATOR: CountingAllocator = CountingAllocator;
///
/// let per_call = CountingAllocator::per_call(|| drop(std::hint::black_box(String::from("x"))));
/// assert!((per_call - 1.0).abs() < f64::EPSILON);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CountingAllocator;

impl CountingAllocator {
    /// Allocations of this thread so far, reallocations included.
    #[must_use]
    pub fn allocations() -> u64 {
        ALLOCATIONS.get()
    }

    /// Bytes currently allocated in the process. Signed, because tests subtract an earlier value.
    #[must_use]
    pub fn live_bytes() -> i64 {
        // Relaxed: a total, read on the thread that did the work.
        LIVE_BYTES.load(Ordering::Relaxed)
    }

    /// Allocations of this thread per call: the mean of a thousand calls, after ten to warm up.
    pub fn per_call(mut work: impl FnMut()) -> f64 {
        const CALLS: u32 = 1000;
        for _ in 0..10 {
            work();
        }
        let before = Self::allocations();
        for _ in 0..CALLS {
            work();
        }
        #[allow(clippy::cast_precision_loss, reason = "a count of a few thousand")]
        let allocations = (Self::allocations() - before) as f64;
        allocations / f64::from(CALLS)
    }
}

fn count(grown_by: i64, allocations: u64) {
    // Relaxed: as above.
    LIVE_BYTES.fetch_add(grown_by, Ordering::Relaxed);
    ALLOCATIONS.set(ALLOCATIONS.get() + allocations);
}

/// No allocation is larger than `isize::MAX`.
const fn signed(bytes: usize) -> i64 {
    bytes.cast_signed() as i64
}

#[allow(unsafe_code, reason = "an allocator can only be written this way")]
// SAFETY: each call is passed to the system allocator unchanged; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for CountingAllocator {
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
