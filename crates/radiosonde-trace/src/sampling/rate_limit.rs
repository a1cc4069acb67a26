use radiosonde_core::gcra::{Due, Gcra, nanoseconds};
use radiosonde_core::{Rate, SharedClock};

/// A bound on the traces of a time.
#[derive(Debug)]
pub(crate) struct RateLimit {
    rate: Rate,
    gcra: Gcra,
    due: Due,
    clock: SharedClock,
}

impl RateLimit {
    pub(crate) fn new(rate: Rate, clock: SharedClock) -> Self {
        Self { rate, gcra: Gcra::new(rate), due: Due::default(), clock }
    }

    pub(crate) fn allows(&self) -> bool {
        self.gcra.conforms(&self.due, nanoseconds(self.clock.monotonic()))
    }
}

impl PartialEq for RateLimit {
    fn eq(&self, other: &Self) -> bool {
        self.rate == other.rate
    }
}
