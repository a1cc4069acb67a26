use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_queue::{Overflow, Rank};

use crate::accounting::dropped::Dropped;
use crate::accounting::report::SinkReport;
use crate::batching::buffer::{AnyBuffer, Buffer};

/// The entrance of a sink: what is pushed here is delivered or counted.
///
/// Cheap to clone; all clones are the same queue. Works on any thread, inside any runtime or none. A clone does not keep the
/// [`Delivery`](crate::Delivery) alive.
///
/// # Cost
/// One lock that is held for a few dozen instructions, never while an item is encoded or sent. The ring of items, one for
/// each level that comes, doubles when it is too small, and shrinks when all are empty; nothing else is allocated. The delivery thread is woken for the first
/// item and for a full batch, not for each.
pub struct Queue<T> {
    buffer: Arc<Buffer<T>>,
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self { buffer: Arc::clone(&self.buffer) }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("options", self.buffer.options()).finish_non_exhaustive()
    }
}

impl<T: Send> Queue<T> {
    pub(crate) const fn new(buffer: Arc<Buffer<T>>) -> Self {
        Self { buffer }
    }

    /// Adds an item that holds about `size_in_bytes` of memory. Never blocks, never panics.
    ///
    /// # Errors
    /// [`Dropped`] if the item was refused: the queue is full, the item alone is larger than `max_bytes`, or the delivery is
    /// shutting down. It has been counted already and is gone.
    pub fn push(&self, item: T, size_in_bytes: usize) -> Result<(), Dropped> {
        self.push_or(item, size_in_bytes, Rank::LOWEST, Overflow::DropNewest)
    }

    /// Adds an item of this rank, and if the queue is full does what `overflow` says, by the rule of [`radiosonde_queue`].
    ///
    /// # Errors
    /// As for [`push`](Self::push). An item that was evicted for another is counted as `evicted`, one that got no room as
    /// `timeout`.
    pub fn push_or(
        &self,
        item: T,
        size_in_bytes: usize,
        rank: impl Into<Rank>,
        overflow: Overflow,
    ) -> Result<(), Dropped> {
        self.buffer.push(item, size_in_bytes, rank.into(), overflow)
    }

    /// Sends what has been pushed until now without waiting for a full batch, and blocks this thread until all of it has been
    /// delivered or dropped, at most this long; false if something is still on its way. Once the delivery has ended nobody waits:
    /// it is false at once if something was left.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody looks or not")]
    pub fn flush_blocking(&self, longest: Duration) -> bool {
        self.buffer.flush_blocking(longest)
    }

    /// Counts an item that its sink refuses before it reaches the queue, so that the report still adds up.
    ///
    /// `reason` becomes a label value.
    #[allow(clippy::must_use_candidate, reason = "it counts whether anybody looks or not")]
    pub fn refuse(&self, reason: &'static str) -> Dropped {
        self.buffer.refuse(reason)
    }

    /// The sink's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.buffer.options().name
    }

    /// What became of everything so far.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.buffer.report()
    }
}
