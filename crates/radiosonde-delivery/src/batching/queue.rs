use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_queue::{Overflow, Rank};

use crate::accounting::dropped::Dropped;
use crate::accounting::report::SinkReport;
use crate::batching::buffer::{AnyBuffer, Buffer};

/// The queue of a sink: each pushed item is delivered or counted as dropped.
///
/// Cheap to clone; all clones are the same queue. Works on any thread, with or without a runtime. A clone does not keep the
/// [`Delivery`](crate::Delivery) alive.
///
/// # Cost
/// One lock for a few dozen instructions, never held while an item is encoded or sent. There is a ring of items for each level,
/// which doubles when it is full and shrinks when all are empty; nothing else is allocated. The delivery thread is woken for
/// the first item and for a full batch, not for each item.
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

    /// Adds an item of about `size_in_bytes` of memory. Never blocks or panics.
    ///
    /// # Errors
    /// [`Dropped`] if the item was refused and counted: the queue is full, the item is larger than `max_bytes`, or the delivery is
    /// shutting down.
    pub fn push(&self, item: T, size_in_bytes: usize) -> Result<(), Dropped> {
        self.push_or(item, size_in_bytes, Rank::LOWEST, Overflow::DropNewest)
    }

    /// Adds an item of this rank, and applies `overflow` if the queue is full, by the rule of [`radiosonde_queue`].
    ///
    /// # Errors
    /// As for [`push`](Self::push). An evicted item is counted as `evicted`, one that timed out while waiting for room as
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

    /// Sends all items pushed so far without waiting for a full batch, and blocks this thread until they are delivered or dropped,
    /// for at most this long; false if some are still in flight. After the delivery has ended it returns at once: false if items
    /// were left.
    #[allow(clippy::must_use_candidate, reason = "it acts even if the result is unused")]
    pub fn flush_blocking(&self, longest: Duration) -> bool {
        self.buffer.flush_blocking(longest)
    }

    /// Counts an item that a sink refuses before it reaches the queue, so that the report still adds up.
    ///
    /// `reason` becomes a label value.
    #[allow(clippy::must_use_candidate, reason = "it counts even if the result is unused")]
    pub fn refuse(&self, reason: &'static str) -> Dropped {
        self.buffer.refuse(reason)
    }

    /// The sink's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.buffer.options().name
    }

    /// The counts so far.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.buffer.report()
    }
}
