use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use radiosonde_core::Clock;
use radiosonde_metrics::Registry;
use radiosonde_metrics::snapshot::Snapshot;

use crate::golden::GoldenSignals;
use crate::objectives::moment::Moment;
use crate::objectives::slo::Slo;
use crate::objectives::slo_error::{SloError, SloErrorKind};
use crate::objectives::slo_metrics::SloFamilies;
use crate::objectives::slo_status::SloStatus;
use crate::objectives::standing::Standing;

/// The objectives of a registry.
///
/// Clones share them.
#[derive(Debug, Clone)]
pub struct Objectives {
    registry: Registry,
    board: Arc<Board>,
}

#[derive(Debug, Default)]
pub(crate) struct Board(Mutex<Standings>);

#[derive(Debug, Default)]
struct Standings {
    all: Vec<Standing>,
    /// The signals among which the work of the objectives was looked for last.
    signals: Vec<GoldenSignals>,
}

impl Board {
    /// No code of users runs under the lock.
    fn lock(&self) -> MutexGuard<'_, Standings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the objective of this name burns at most this fast.
    pub(crate) fn gate(&self, slo: &str, factor: f64, now: Duration) -> Result<(), String> {
        let board = self.lock();
        let standing = board.all.iter().find(|standing| standing.slo().name() == slo);
        standing.map_or(Ok(()), |standing| standing.gate(factor, now))
    }
}

impl Objectives {
    /// The objectives of this registry.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        Self { registry: registry.clone(), board: registry.attachment() }
    }

    /// Declares an objective: before the work that it is about, so that a latency's threshold becomes a bucket.
    ///
    /// What the registry has by now is the baseline, from which events count.
    ///
    /// # Errors
    /// [`SloError`] names what to change.
    pub fn declare(&self, slo: Slo) -> Result<(), SloError> {
        if !(slo.target() > 0.0 && slo.target() < 100.0) {
            return Err(SloError::new(slo.name(), SloErrorKind::Target(slo.target())));
        }
        let families = SloFamilies::of(&self.registry)
            .map_err(|error| SloError::new(slo.name(), SloErrorKind::Metric(error)))?;
        let (baseline, signals) = (self.registry.snapshot(), GoldenSignals::of(&self.registry));
        let mut board = self.board.lock();
        if board.all.iter().any(|other| other.slo().name() == slo.name()) {
            return Err(SloError::new(slo.name(), SloErrorKind::Duplicate));
        }
        let mut standing = Standing::new(slo, &families, baseline);
        standing.find_work(&signals);
        board.all.push(standing);
        Ok(())
    }

    /// All objectives, in the order in which they were declared.
    #[must_use]
    pub fn slos(&self) -> Vec<Slo> {
        self.board.lock().all.iter().map(|standing| standing.slo().clone()).collect()
    }

    pub(crate) const fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Reads the counters and brings burn rates and budgets up to date, at the time of this clock.
    pub fn evaluate(&self, clock: &dyn Clock) {
        self.evaluate_with(&self.registry.snapshot(), clock);
    }

    /// [`evaluate`](Self::evaluate) with a snapshot of the registry of this moment.
    ///
    /// An objective ignores a snapshot that was begun before the last one that it read had ended, by another thread: some of its counters
    /// may be older. What it has is counted with the next one.
    pub fn evaluate_with(&self, snapshot: &Snapshot, clock: &dyn Clock) {
        let (moment, signals) = (Moment::of(clock), GoldenSignals::of(&self.registry));
        let mut board = self.board.lock();
        if board.signals != signals {
            board.all.iter_mut().for_each(|standing| standing.find_work(&signals));
            board.signals = signals;
        }
        board.all.iter_mut().for_each(|standing| standing.evaluate(snapshot, moment));
    }

    /// The status of each objective as of the last evaluation, in the order in which they were declared.
    #[must_use]
    pub fn statuses(&self) -> Vec<SloStatus> {
        self.board.lock().all.iter().map(Standing::status).collect()
    }

    /// The status of the objective of this name as of the last evaluation.
    #[must_use]
    pub fn status(&self, name: &str) -> Option<SloStatus> {
        self.board.lock().all.iter().find(|standing| standing.slo().name() == name).map(Standing::status)
    }
}
