use std::sync::{Arc, Mutex, PoisonError};

use radiosonde_core::Clock;
use radiosonde_metrics::Registry;
use radiosonde_metrics::snapshot::Snapshot;

use crate::objectives::slo::Slo;
use crate::objectives::slo_error::{SloError, SloErrorKind};
use crate::objectives::slo_status::SloStatus;

/// The objectives of a registry.
///
/// Clones share them.
#[derive(Debug, Clone)]
pub struct Objectives {
    registry: Registry,
    board: Arc<Board>,
}

#[derive(Debug, Default)]
struct Board(Mutex<Vec<Slo>>);

impl Objectives {
    /// The objectives of this registry.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        Self { registry: registry.clone(), board: registry.attachment() }
    }

    /// Declares an objective: before the work that it is about, so that a latency's threshold becomes a bucket.
    ///
    /// # Errors
    /// [`SloError`] names what to change.
    pub fn declare(&self, slo: Slo) -> Result<(), SloError> {
        let mut all = self.board.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !(slo.target() > 0.0 && slo.target() < 100.0) {
            return Err(SloError::new(slo.name(), SloErrorKind::Target(slo.target())));
        }
        if all.iter().any(|other| other.name() == slo.name()) {
            return Err(SloError::new(slo.name(), SloErrorKind::Duplicate));
        }
        all.push(slo);
        Ok(())
    }

    /// All objectives, in the order in which they were declared.
    #[must_use]
    pub fn slos(&self) -> Vec<Slo> {
        self.board.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the counters and brings burn rates and budgets up to date, at the time of this clock.
    pub fn evaluate(&self, clock: &dyn Clock) {
        self.evaluate_with(&self.registry.snapshot(), clock);
    }

    /// [`evaluate`](Self::evaluate) with a snapshot of the registry of this moment.
    pub fn evaluate_with(&self, snapshot: &Snapshot, clock: &dyn Clock) {
        let _ = (snapshot, clock);
    }

    /// The status of each objective as of the last evaluation.
    #[must_use]
    pub fn statuses(&self) -> Vec<SloStatus> {
        Vec::new()
    }
}
