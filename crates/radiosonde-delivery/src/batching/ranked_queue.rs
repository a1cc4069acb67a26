use std::collections::VecDeque;

use radiosonde_queue::{Load, Rank};

/// One ring for each level, and one for reserved items.
const RINGS: usize = 7;

/// The ring of items of this rank.
const fn ring_of(rank: Rank) -> usize {
    if rank.is_reserved() { RINGS - 1 } else { rank.level() as usize }
}

/// The number of rings, from the lowest, whose items may be evicted for this rank.
const fn yielding_to(rank: Rank) -> usize {
    rank.level() as usize + 1
}

/// An item with its number among all accepted ones, and its size.
#[derive(Debug)]
pub(crate) struct Queued<T> {
    pub(crate) at: u64,
    pub(crate) item: T,
    pub(crate) size: usize,
}

/// Queued items in order of arrival; the oldest item up to a rank is found in constant time.
#[derive(Debug)]
pub(crate) struct RankedQueue<T> {
    /// A ring and its bytes; almost always all but one are empty.
    rings: [(VecDeque<Queued<T>>, usize); RINGS],
    load: Load,
}

impl<T> RankedQueue<T> {
    pub(crate) fn new() -> Self {
        Self { rings: std::array::from_fn(|_| (VecDeque::new(), 0)), load: Load::default() }
    }

    pub(crate) const fn load(&self) -> Load {
        self.load
    }

    /// Adds an item that is newer than all others.
    pub(crate) fn push(&mut self, rank: Rank, queued: Queued<T>) {
        self.load += Load::one(queued.size);
        let (ring, bytes) = &mut self.rings[ring_of(rank)];
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

    /// The items that may be evicted for one of this rank.
    pub(crate) fn evictable(&self, newcomer: Rank) -> Load {
        let mut load = Load::default();
        for (ring, bytes) in &self.rings[..yielding_to(newcomer)] {
            load += Load { items: ring.len(), bytes: *bytes };
        }
        load
    }

    /// Removes the oldest item that may be evicted for one of this rank.
    pub(crate) fn evict(&mut self, newcomer: Rank) -> Option<Queued<T>> {
        self.pop_of(yielding_to(newcomer))
    }

    /// Frees memory beyond that of this many items.
    pub(crate) fn shrink_to(&mut self, items: usize) {
        for (ring, _) in &mut self.rings {
            ring.shrink_to(items);
        }
    }

    fn pop_of(&mut self, rings: usize) -> Option<Queued<T>> {
        let (ring, bytes) = &mut self.rings[self.oldest_of(rings)?];
        let queued = ring.pop_front()?;
        self.load -= Load::one(queued.size);
        *bytes -= queued.size;
        Some(queued)
    }

    /// Which of the lowest `rings` holds the oldest item.
    fn oldest_of(&self, rings: usize) -> Option<usize> {
        let rings = self.rings[..rings].iter().enumerate();
        let fronts = rings.filter_map(|(at, (ring, _))| Some((ring.front()?.at, at)));
        fronts.min().map(|(_, at)| at)
    }
}

#[cfg(test)]
mod tests {
    use radiosonde_core::Level;

    use super::*;

    const AUDIT: Rank = Rank::reserved(Level::Info);

    fn queue(items: &[(Rank, &'static str)]) -> RankedQueue<&'static str> {
        let mut queue = RankedQueue::new();
        for (at, (rank, item)) in (0..).zip(items) {
            queue.push(*rank, Queued { at, item: *item, size: item.len() });
        }
        queue
    }

    fn load(items: usize, bytes: usize) -> Load {
        Load { items, bytes }
    }

    #[test]
    fn the_order_is_that_of_arrival_for_all_ranks() {
        let info = Rank::of(Level::Info);
        let mut queue = queue(&[(info, "a"), (AUDIT, "b"), (Rank::LOWEST, "c"), (info, "dd")]);
        assert_eq!((queue.load(), queue.oldest().map(|queued| queued.item)), (load(4, 5), Some("a")));
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|queued| queued.item).collect();
        assert_eq!(order, ["a", "b", "c", "dd"]);
        assert_eq!(queue.load(), load(0, 0));
    }

    #[test]
    fn the_oldest_item_of_no_higher_rank_is_evicted_and_a_reserved_one_never() {
        let [info, error, fatal] = [Level::Info, Level::Error, Level::Fatal].map(Rank::of);
        let mut queue =
            queue(&[(AUDIT, "audit"), (fatal, "fatal"), (error, "error"), (info, "info"), (info, "b")]);
        assert_eq!(queue.evictable(info), load(2, 5));
        assert_eq!(queue.evictable(fatal), load(4, 15));
        let mut evict = |newcomer| queue.evict(newcomer).map(|queued| queued.item);
        assert_eq!((evict(info), evict(error), evict(info)), (Some("info"), Some("error"), Some("b")));
        assert_eq!((evict(error), evict(fatal), evict(fatal)), (None, Some("fatal"), None));
        assert_eq!(queue.load(), load(1, 5));
    }
}
