use radiosonde_metrics::Registry;
use radiosonde_metrics::snapshot::Snapshot;
use radiosonde_signals::{Anomalies, SloStatus};

use crate::book::observation::Now;

/// The inputs of rules at one evaluation.
#[derive(Debug)]
pub(crate) struct Moment<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) snapshot: &'a Snapshot,
    /// The objectives; `None` if their evaluation panicked.
    pub(crate) statuses: Option<&'a [SloStatus]>,
    pub(crate) anomalies: &'a Anomalies,
    pub(crate) now: Now,
}
