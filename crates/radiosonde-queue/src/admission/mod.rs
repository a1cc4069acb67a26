use std::time::Duration;

use crate::load::Load;
use crate::overflow::Overflow;
use crate::rank::Rank;
use crate::refusal::Refusal;

/// The bounds of a queue, what it holds, and the decision about each new item. It belongs under the queue's lock.
///
/// # Shape
/// The crate's documentation states the rule.
///
/// # Cost
/// [`has_room_for`](Self::has_room_for) and [`accept`](Self::accept), the path of an item that fits, are two comparisons and two
/// additions. [`decide`](Self::decide) is for the items that do not fit.
#[derive(Debug)]
pub struct Admission {
    /// For ordinary items, and for reserved ones.
    bounds: [Load; 2],
    held: Load,
    waiting: usize,
    /// How often the consumer has settled something.
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
    /// An empty queue that holds at most this much, and an eighth more of reserved items.
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

    /// What to do with an item of this rank and size.
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

    /// An item of this size is queued.
    #[inline]
    pub fn accept(&mut self, bytes: usize) {
        self.held += Load::one(bytes);
    }

    /// Items were evicted or discarded.
    pub fn release(&mut self, load: Load) {
        self.held -= load;
    }

    /// The consumer is done with items that it took, whether they were delivered or lost.
    pub fn settle(&mut self, load: Load) {
        self.held -= load;
        self.settlements += 1;
        self.stalled = false;
    }

    /// What is queued and in flight.
    #[inline]
    #[must_use]
    pub const fn held(&self) -> Load {
        self.held
    }

    /// Whether threads wait for room, and have to be woken after [`settle`](Self::settle).
    #[must_use]
    pub const fn has_waiting(&self) -> bool {
        self.waiting > 0
    }

    /// Forgets what is held and who waits, as a forked child must: the parent has both.
    pub const fn reset(&mut self) {
        *self = Self::new(self.bounds[0]);
    }

    /// Begins a wait; what to give to [`end_wait`](Self::end_wait).
    pub(crate) const fn begin_wait(&mut self) -> u64 {
        self.waiting += 1;
        self.settlements
    }

    /// Ends a wait. If there is no room, the queue is stalled unless something was settled meanwhile.
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
