use crate::accounting::report::SinkReport;

/// Counts of what became of the items of a sink.
///
/// Kept under the queue's lock, together with the items, so that at every moment
/// `produced == delivered + dropped + held`.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// All items pushed, accepted or refused.
    produced: u64,
    delivered: u64,
    /// There are few reasons, so a list is faster than a map.
    dropped: Vec<(&'static str, u64)>,
    /// Accepted and not settled: queued or in flight.
    held: u64,
    /// Accepted since the start.
    pub(crate) accepted: u64,
}

impl Totals {
    pub(crate) fn refuse(&mut self, reason: &'static str) {
        self.produced += 1;
        self.drop_for(reason, 1);
    }

    pub(crate) const fn accept(&mut self) {
        self.produced += 1;
        self.accepted += 1;
        self.held += 1;
    }

    /// Settles `items` held items, of which `dropped` were dropped for `reason`.
    pub(crate) fn settle(&mut self, items: u64, dropped: u64, reason: &'static str) {
        let items = items.min(self.held);
        let dropped = dropped.min(items);
        self.held -= items;
        self.delivered += items - dropped;
        if dropped > 0 {
            self.drop_for(reason, dropped);
        }
    }

    /// Counts a queued item that was evicted to make room.
    pub(crate) fn evict(&mut self, reason: &'static str) {
        self.held -= 1;
        self.drop_for(reason, 1);
    }

    pub(crate) fn dropped_for(&self, reason: &str) -> u64 {
        self.dropped.iter().find(|(known, _)| *known == reason).map_or(0, |(_, items)| *items)
    }

    pub(crate) fn report(&self, name: &'static str) -> SinkReport {
        let (produced, delivered, dropped) = (self.produced, self.delivered, self.dropped.clone());
        SinkReport { name, produced, delivered, dropped, left: self.held }
    }

    fn drop_for(&mut self, reason: &'static str, items: u64) {
        match self.dropped.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += items,
            None => self.dropped.push((reason, items)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_always_add_up() {
        let mut totals = Totals::default();
        for _ in 0..10 {
            totals.accept();
        }
        totals.refuse("queue_full");
        totals.settle(4, 1, "partial_success");
        totals.settle(2, 2, "retries_exhausted");
        totals.settle(1, 9, "more than there are");
        let report = totals.report("x");
        assert_eq!((report.produced(), report.delivered(), report.dropped(), report.left()), (11, 3, 5, 3));
        assert_eq!(totals.accepted, 10);
        assert_eq!(totals.dropped_for("retries_exhausted"), 2);
    }
}
