use std::sync::atomic::{AtomicUsize, Ordering};

/// The memory and the traces that all shards of a tail hold together.
#[derive(Debug)]
pub(crate) struct TailBudget {
    bytes: AtomicUsize,
    traces: AtomicUsize,
    max_bytes: usize,
    max_traces: usize,
}

impl TailBudget {
    pub(crate) const fn new(max_bytes: usize, max_traces: usize) -> Self {
        Self { bytes: AtomicUsize::new(0), traces: AtomicUsize::new(0), max_bytes, max_traces }
    }

    /// A trace holds more bytes; whether they are its first.
    pub(crate) fn take(&self, bytes: usize, is_first: bool) {
        // Relaxed: the sums guard no other data, and a thread sees its own additions.
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if is_first {
            // Relaxed: as above.
            self.traces.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A trace no longer holds spans.
    pub(crate) fn give_back(&self, bytes: usize) {
        // Relaxed: as in `take`.
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        // Relaxed: as in `take`.
        self.traces.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn is_exceeded(&self) -> bool {
        let (traces, bytes) = self.held();
        bytes > self.max_bytes || traces > self.max_traces
    }

    /// The traces that hold spans, and their bytes.
    pub(crate) fn held(&self) -> (usize, usize) {
        // Relaxed: as in `take`.
        (self.traces.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}
