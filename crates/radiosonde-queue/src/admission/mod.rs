use std::time::Duration;

use crate::load::Load;
use crate::overflow::Overflow;
use crate::rank::Rank;
use crate::refusal::Refusal;

/// Decides about each new item by the bounds of a queue and what it holds. It belongs under the queue's lock.
///
/// # Shape
/// The rule is stated in the crate's documentation.
///
/// # Cost
/// [`has_room_for`](Self::has_room_for) and [`accept`](Self::accept), the path of an item that fits, are two comparisons and two
/// additions. [`decide`](Self::decide) is for the items that do not fit.
#[derive(Debug)]
pub struct Admission {
    /// The bounds for ordinary items, and for reserved ones.
    bounds: [Load; 2],
    held: Load,
    waiting: usize,
    /// How often the consumer settled something.
    settlements: u64,
    /// A thread waited without success, and nothing has been settled since.
    stalled: bool,
}

/// What to do with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// There is room.
    Accept,
    /// There is room once the oldest items that yield to this one are evicted.
    Evict,
    /// Wait for room, at most this long, with [`wait_for_room`](crate::wait_for_room).
    Wait(Duration),
    /// Drop the item.
    Refuse(Refusal),
}

impl Admission {
    /// An empty queue with these bounds, and an eighth more for reserved items.
    #[must_use]
    pub const fn new(bounds: Load) -> Self {
        let reserved = Load {
            items: bounds.items.saturating_add(bounds.items.div_ceil(8)),
            bytes: bounds.bytes.saturating_add(bounds.bytes.div_ceil(8)),
        };
        Self {
            bounds: [bounds, reserved],
            held: Load { items: 0, bytes: 0 },
            waiting: 0,
            settlements: 0,
            stalled: false,
        }
    }

    #[inline]
    fn bounds(&self, rank: Rank) -> Load {
        self.bounds[usize::from(rank.is_reserved())]
    }

    /// Whether an item of this rank and size fits now.
    #[inline]
    #[must_use]
    pub fn has_room_for(&self, rank: Rank, bytes: usize) -> bool {
        let bounds = self.bounds(rank);
        self.held.items < bounds.items
            && bounds.bytes.checked_sub(self.held.bytes).is_some_and(|free| bytes <= free)
    }

    /// Decides what to do with an item of this rank and size.
    ///
    /// `can_evict` returns whether the queued items that yield to this rank hold at least the given load. It is called only if
    /// `overflow` allows an eviction.
    pub fn decide(
        &self,
        rank: Rank,
        bytes: usize,
        overflow: Overflow,
        can_evict: impl FnOnce(Load) -> bool,
    ) -> Decision {
        let bounds = self.bounds(rank);
        if self.has_room_for(rank, bytes) {
            return Decision::Accept;
        }
        if bytes > bounds.bytes {
            return Decision::Refuse(Refusal::TooLarge);
        }
        let needed = Load {
            items: (self.held.items + 1).saturating_sub(bounds.items),
            bytes: self.held.bytes.saturating_add(bytes).saturating_sub(bounds.bytes),
        };
        match overflow {
            Overflow::DropOldest if can_evict(needed) => Decision::Evict,
            Overflow::DropOldest | Overflow::DropNewest => Decision::Refuse(Refusal::QueueFull),
            Overflow::Block(_) if self.stalled && !rank.is_reserved() => Decision::Refuse(Refusal::Timeout),
            Overflow::Block(longest) => Decision::Wait(longest),
        }
    }

    /// Adds an item of this size that was queued.
    #[inline]
    pub fn accept(&mut self, bytes: usize) {
        self.held += Load::one(bytes);
    }

    /// Subtracts items that were evicted or discarded.
    pub fn release(&mut self, load: Load) {
        self.held -= load;
    }

    /// Subtracts items that the consumer took and has delivered or lost.
    pub fn settle(&mut self, load: Load) {
        self.held -= load;
        self.settlements += 1;
        self.stalled = false;
    }

    /// The load that is queued and in flight.
    #[inline]
    #[must_use]
    pub const fn held(&self) -> Load {
        self.held
    }

    /// Whether threads wait for room and have to be woken after [`settle`](Self::settle).
    #[must_use]
    pub const fn has_waiting(&self) -> bool {
        self.waiting > 0
    }

    /// Forgets the load and the waiting threads. For a forked child: both belong to the parent.
    pub const fn reset(&mut self) {
        *self = Self::new(self.bounds[0]);
    }

    /// Begins a wait. Returns the value to pass to [`end_wait`](Self::end_wait).
    pub(crate) const fn begin_wait(&mut self) -> u64 {
        self.waiting += 1;
        self.settlements
    }

    /// Ends a wait. Without room, the queue is stalled unless something was settled meanwhile.
    pub(crate) fn end_wait(&mut self, begun: u64, rank: Rank, bytes: usize) -> Result<(), Refusal> {
        self.waiting -= 1;
        if self.has_room_for(rank, bytes) {
            return Ok(());
        }
        self.stalled |= self.settlements == begun;
        Err(Refusal::Timeout)
    }
}

#[cfg(test)]
mod tests;
