use crate::SinkReport;

/// What became of every item of a sink.
///
/// Kept under the queue's lock, together with the items, so that at every moment
/// `produced == delivered + dropped + held`.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Everything that was offered, taken or refused.
    produced: u64,
    delivered: u64,
    /// Few reasons exist, so a list beats a map.
    dropped: Vec<(&'static str, u64)>,
    /// Taken and not settled yet: queued or in flight.
    held: u64,
    /// Taken since the start. Items are settled in this order, but for those that make room.
    accepted: u64,
    /// Dropped to make room while older ones were in flight: settled before their turn.
    overtaken: u64,
}

impl Ledger {
    pub(crate) fn refuse(&mut self, reason: &'static str) {
        self.produced += 1;
        self.drop_for(reason, 1);
    }

    pub(crate) const fn accept(&mut self) {
        self.produced += 1;
        self.accepted += 1;
        self.held += 1;
    }

    /// Ends the life of `items` held ones, of which `dropped` were dropped for `reason`.
    pub(crate) fn settle(&mut self, items: u64, dropped: u64, reason: &'static str) {
        let items = items.min(self.held);
        let dropped = dropped.min(items);
        self.held -= items;
        self.delivered += items - dropped;
        if dropped > 0 {
            self.drop_for(reason, dropped);
        }
    }

    /// Ends the life of the oldest queued item, which makes room.
    pub(crate) fn evict(&mut self, reason: &'static str, is_first: bool) {
        self.held -= 1;
        self.overtaken += u64::from(!is_first);
        self.drop_for(reason, 1);
    }

    /// Says that nothing older than what is queued is on its way.
    pub(crate) const fn caught_up(&mut self) {
        self.overtaken = 0;
    }

    pub(crate) const fn held(&self) -> u64 {
        self.held
    }

    pub(crate) const fn accepted(&self) -> u64 {
        self.accepted
    }

    /// How many of the accepted items, from the first on, have been delivered or dropped.
    pub(crate) const fn settled(&self) -> u64 {
        self.accepted - self.held - self.overtaken
    }

    pub(crate) fn dropped_for(&self, reason: &str) -> u64 {
        self.dropped.iter().find(|(known, _)| *known == reason).map_or(0, |(_, items)| *items)
    }

    pub(crate) fn report(&self, name: &'static str) -> SinkReport {
        SinkReport::new(name, self.produced, self.delivered, self.dropped.clone(), self.held)
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
    fn the_sums_add_up_whatever_happens() {
        let mut ledger = Ledger::default();
        for _ in 0..10 {
            ledger.accept();
        }
        ledger.refuse("queue_full");
        ledger.settle(4, 1, "partial_success");
        ledger.settle(2, 2, "retries_exhausted");
        ledger.settle(1, 9, "more than there are");
        let report = ledger.report("x");
        assert_eq!((report.produced(), report.delivered(), report.dropped(), report.left()), (11, 3, 5, 3));
        assert_eq!(ledger.settled(), 7);
        assert_eq!(ledger.dropped_for("retries_exhausted"), 2);
    }

    #[test]
    fn what_makes_room_is_not_settled_before_what_is_in_flight() {
        let mut ledger = Ledger::default();
        for _ in 0..4 {
            ledger.accept();
        }
        // The first is in flight; the next two go.
        ledger.evict("evicted", false);
        ledger.evict("evicted", false);
        assert_eq!(ledger.settled(), 0);
        ledger.settle(1, 0, "");
        ledger.caught_up();
        assert_eq!((ledger.settled(), ledger.held(), ledger.dropped_for("evicted")), (3, 1, 2));
        ledger.evict("evicted", true);
        assert_eq!(ledger.settled(), 4);
    }
}
