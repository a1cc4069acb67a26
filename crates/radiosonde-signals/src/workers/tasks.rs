use radiosonde_core::Outcome;
use radiosonde_metrics::{Counter, IntGauge};

use crate::operations::work_metrics::WatchWork;
use crate::recording::ended::Ended;

/// The tasks of a worker, all together.
pub(crate) struct Tasks {
    pub(crate) active: IntGauge,
    /// Counters of completed tasks and of all other, where the outcomes are counted apart.
    pub(crate) apart: Option<[Counter; 2]>,
}

impl WatchWork for Tasks {
    fn begun(&self) {
        self.active.inc();
    }

    fn ended(&self, ended: &Ended) {
        if let Some([completed, other]) = &self.apart {
            if ended.outcome() == Outcome::Completed { completed } else { other }.inc();
        }
        self.active.dec();
    }
}
