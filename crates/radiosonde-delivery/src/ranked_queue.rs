use std::collections::VecDeque;

use radiosonde_core::Level;

/// What an item may be evicted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rank(usize);

impl Rank {
    /// For any other item.
    pub(crate) const NEUTRAL: Self = Self(0);
    /// For none.
    pub(crate) const RESERVED: Self = Self(Level::ALL.len() + 1);

    /// For an item that is as grave, or graver.
    pub(crate) const fn of(level: Level) -> Self {
        Self(level as usize + 1)
    }

    /// How many ranks, from the lowest on, may go for an item of this one.
    const fn victims(self) -> usize {
        if self.0 < Self::RESERVED.0 { self.0 + 1 } else { Self::RESERVED.0 }
    }
}

/// An item with its place among all that were accepted, and its size.
#[derive(Debug)]
pub(crate) struct Queued<T> {
    pub(crate) at: u64,
    pub(crate) item: T,
    pub(crate) size: usize,
}

/// Queued items in the order in which they came, of which the oldest one up to a rank is found at once.
#[derive(Debug)]
pub(crate) struct RankedQueue<T> {
    /// A ring and its bytes per rank; almost always all but one are empty.
    rings: [(VecDeque<Queued<T>>, usize); Rank::RESERVED.0 + 1],
    items: usize,
    bytes: usize,
}

impl<T> RankedQueue<T> {
    pub(crate) fn new() -> Self {
        Self { rings: std::array::from_fn(|_| (VecDeque::new(), 0)), items: 0, bytes: 0 }
    }

    pub(crate) const fn items(&self) -> usize {
        self.items
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds an item that came after all others.
    pub(crate) fn push(&mut self, rank: Rank, queued: Queued<T>) {
        self.items += 1;
        self.bytes += queued.size;
        let (ring, bytes) = &mut self.rings[rank.0];
        *bytes += queued.size;
        ring.push_back(queued);
    }

    /// The oldest item.
    pub(crate) fn oldest(&self) -> Option<&Queued<T>> {
        self.rings[self.oldest_of(self.rings.len())?].0.front()
    }

    pub(crate) fn pop(&mut self) -> Option<Queued<T>> {
        self.pop_of(self.rings.len())
    }

    /// How many items, and bytes, an item of this rank may evict.
    pub(crate) fn evictable(&self, newcomer: Rank) -> (usize, usize) {
        let victims = self.rings[..newcomer.victims()].iter();
        victims.fold((0, 0), |(items, bytes), (ring, more)| (items + ring.len(), bytes + more))
    }

    /// The oldest item that is not above this rank.
    pub(crate) fn evict(&mut self, newcomer: Rank) -> Option<Queued<T>> {
        self.pop_of(newcomer.victims())
    }

    /// Gives back memory beyond that of so many items.
    pub(crate) fn shrink_to(&mut self, items: usize) {
        for (ring, _) in &mut self.rings {
            ring.shrink_to(items);
        }
    }

    fn pop_of(&mut self, ranks: usize) -> Option<Queued<T>> {
        let (ring, bytes) = &mut self.rings[self.oldest_of(ranks)?];
        let queued = ring.pop_front()?;
        self.items -= 1;
        self.bytes -= queued.size;
        *bytes -= queued.size;
        Some(queued)
    }

    /// In which of the lowest `ranks` rings the oldest item is.
    fn oldest_of(&self, ranks: usize) -> Option<usize> {
        let rings = self.rings[..ranks].iter().enumerate();
        let fronts = rings.filter_map(|(rank, (ring, _))| Some((ring.front()?.at, rank)));
        fronts.min().map(|(_, rank)| rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(items: &[(Rank, &'static str)]) -> RankedQueue<&'static str> {
        let mut queue = RankedQueue::new();
        for (at, (rank, item)) in (0..).zip(items) {
            queue.push(*rank, Queued { at, item: *item, size: item.len() });
        }
        queue
    }

    #[test]
    fn the_order_is_that_of_arrival_whatever_the_ranks() {
        let info = Rank::of(Level::Info);
        let mut queue = queue(&[(info, "a"), (Rank::RESERVED, "b"), (Rank::NEUTRAL, "c"), (info, "dd")]);
        assert_eq!(
            (queue.items(), queue.bytes(), queue.oldest().map(|queued| queued.item)),
            (4, 5, Some("a"))
        );
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|queued| queued.item).collect();
        assert_eq!(order, ["a", "b", "c", "dd"]);
        assert_eq!((queue.items(), queue.bytes()), (0, 0));
    }

    #[test]
    fn the_oldest_that_is_not_graver_goes_and_what_is_reserved_for_nobody() {
        let [info, error, fatal] = [Level::Info, Level::Error, Level::Fatal].map(Rank::of);
        let mut queue = queue(&[
            (Rank::RESERVED, "audit"),
            (fatal, "fatal"),
            (error, "error"),
            (info, "info"),
            (info, "b"),
        ]);
        assert_eq!(queue.evictable(info), (2, 5));
        assert_eq!(queue.evictable(fatal), (4, 15));
        assert_eq!(queue.evictable(Rank::RESERVED), (4, 15));
        let mut evict = |newcomer| queue.evict(newcomer).map(|queued| queued.item);
        assert_eq!((evict(info), evict(error), evict(info)), (Some("info"), Some("error"), Some("b")));
        assert_eq!((evict(error), evict(fatal), evict(fatal)), (None, Some("fatal"), None));
        assert_eq!((queue.items(), queue.bytes()), (1, 5));
    }

    #[test]
    fn items_without_a_level_make_room_for_each_other_and_for_any_level() {
        let mut queue =
            queue(&[(Rank::of(Level::Trace), "trace"), (Rank::NEUTRAL, "a"), (Rank::NEUTRAL, "b")]);
        assert_eq!(queue.evict(Rank::NEUTRAL).map(|queued| queued.item), Some("a"));
        assert_eq!(queue.evict(Rank::of(Level::Trace)).map(|queued| queued.item), Some("trace"));
        assert_eq!(queue.evict(Rank::of(Level::Trace)).map(|queued| queued.item), Some("b"));
    }
}
