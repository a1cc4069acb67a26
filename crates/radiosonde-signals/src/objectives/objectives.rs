use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use radiosonde_core::{Clock, diagnostics};
use radiosonde_metrics::Registry;
use radiosonde_metrics::snapshot::Snapshot;

use crate::golden::GoldenSignals;
use crate::objectives::declaring::{self, against_metrics::DeclaredMetrics};
use crate::objectives::label_sets::LabelSets;
use crate::objectives::moment::Moment;
use crate::objectives::slo::Slo;
use crate::objectives::slo_error::SloError;
use crate::objectives::slo_error_kind::SloErrorKind;
use crate::objectives::slo_metrics::SloFamilies;
use crate::objectives::slo_status::SloStatus;
use crate::objectives::standing::Standing;
use crate::objectives::thresholds::Thresholds;

/// The objectives of a registry, with the burn rate and the error budget that this process has. Clones share them.
///
/// # Shape
/// An evaluation reads a snapshot of the registry, at any rhythm; nothing is added to the work itself. Objectives about events count by
/// how much counters have grown: a decrease is a reset, and counts from 0; a series that is new since the declaration counts in full, which
/// for a collector's series is also what it had before this process; series that go away cost nothing. Objectives over time count the seconds since the last evaluation, at most 300, as good or as bad
/// by what is in the snapshot; without a series they are neither. Throughput is the rate of the last minute, or that since the last
/// evaluation if it is longer ago.
///
/// The burn rate is the share of bad events in a window, divided by the error budget. A window without events holds its last one, which
/// is 0 at first, but does not count as burning. The remaining budget is `1 - bad / allowed`, where a period allows the error budget times its events, or times the
/// [expected traffic](Slo::expected_traffic) if that is more; for objectives over time, times its seconds. A period without bad events has
/// all of its budget.
///
/// Everything is of this instance and since its start. Counters of events are what survives restarts and can be added over instances.
///
/// # Metrics
/// - `slo_burn_rate{slo,window}`, with a window such as `5m`; `slo_error_budget_remaining{slo}`; `slo_objective_ratio{slo}`, the share of
///   good events in the period: gauges, as of the last evaluation, never NaN.
/// - `slo_events_total{slo}` and `slo_bad_events_total{slo}`: counters, of seconds for objectives over time.
///
/// # Error
/// Events are at the time of the evaluation that reads them. Those of one hundredth of a window are kept together, at the time of the first,
/// so that a window has at least 99 % of its length. Windows are measured by the monotonic clock; only the age of timestamps is by the wall clock.
///
/// # Cost
/// Of a window and of the period, at most 101 entries of 32 bytes: 26 KiB for an objective with the default windows. The last value of each
/// series that an objective reads is kept, and those of at most as many that went away, or of 1,000. An evaluation of 100 objectives
/// over 1,600 series takes less than a millisecond (`cargo run --release -p benches --bin evaluation`). The code of collectors and clocks
/// runs without a lock.
///
/// ```
/// use radiosonde_core::SystemClock;
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{Objectives, Operation, Slo, Work};
///
/// let registry = Registry::new();
/// let objectives = Objectives::of(&registry);
/// objectives.declare(Slo::availability("orders", 99.0, Work::operation("place_order")).expected_traffic(1.0))?;
///
/// let place_order = Operation::builder("place_order").registry(&registry).build()?;
/// for text in ["1", "2", "3", "many"] {
///     let _ = place_order.run(|| text.parse::<u32>());
/// }
/// objectives.evaluate(&SystemClock);
///
/// let status = objectives.status("orders").ok_or("no such objective")?;
/// assert_eq!((status.period.total, status.period.bad), (4.0, 1.0));
/// assert_eq!(status.windows[0].burn_rate.round(), 25.0);
/// assert!(status.burning.is_empty(), "one bad event is not enough for an alert");
/// let text = registry.text();
/// assert!(text.contains("slo_bad_events_total{slo=\"orders\"} 1\n"));
/// assert!(text.contains("slo_objective_ratio{slo=\"orders\"} 0.75\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// The signals among which the work of all objectives was looked for last.
    signals: Option<Vec<GoldenSignals>>,
    label_sets: LabelSets,
    /// The number of families at the last evaluation.
    families: usize,
    /// The problems that were reported.
    reported: Vec<SloError>,
}

impl Board {
    /// No code of users runs under the lock.
    fn lock(&self) -> MutexGuard<'_, Standings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the objective of this name burns at most this fast; `None` if there is no such objective.
    pub(crate) fn gate(&self, slo: &str, factor: f64, now: Duration) -> Option<Result<(), String>> {
        let board = self.lock();
        let standing = board.all.iter().find(|standing| standing.slo().name() == slo)?;
        Some(standing.gate(factor, now))
    }
}

impl Objectives {
    /// The objectives of this registry.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        Self { registry: registry.clone(), board: registry.attachment() }
    }

    /// Declares an objective: before the work that it is about, so that a latency's threshold becomes a bucket. Two parts of a program
    /// may declare the same one.
    ///
    /// The values that the registry has by now are the baseline, from which events count.
    ///
    /// # Errors
    /// [`SloError`] names what to change:
    /// - a name, target, period, window, threshold or bound that makes no sense by itself;
    /// - a factor that bad events cannot reach, or a budget of less than one event at the expected traffic;
    /// - more than 1,000 objectives of a registry, or more than 10 pairs of windows: each has series of its own;
    /// - another objective with the name, unless it is the same;
    /// - another objective of the same work and period that it contradicts: two targets for the availability or for one threshold, or a
    ///   longer threshold without a higher target;
    /// - another objective of the same series and period that it contradicts: two targets for the same events or for one bound, a looser
    ///   bound without a higher target, or bounds of a gauge without a value in common and targets above 100 % together;
    /// - declared metrics that cannot show it: no latency, errors, item or label, a histogram without the threshold as a bucket, or a
    ///   metric of another kind. What is not declared yet is checked by [`problems`](Self::problems).
    pub fn declare(&self, slo: Slo) -> Result<(), SloError> {
        self.declare_all([slo])
    }

    /// Declares several objectives, such as those of an [`ObjectiveTable`](crate::ObjectiveTable), or none of them if one is refused.
    ///
    /// # Errors
    /// [`SloError`] of the first that is refused.
    pub fn declare_all(&self, slos: impl IntoIterator<Item = Slo>) -> Result<(), SloError> {
        let slos: Vec<Slo> = slos.into_iter().collect();
        let metrics = DeclaredMetrics::of(&self.registry);
        // Before the metrics of objectives are registered, which a refused one does not need.
        let new = declaring::check_all(slos.clone(), &self.slos(), &metrics)?;
        let Some(first) = new.first() else { return Ok(()) };
        let families = SloFamilies::of(&self.registry)
            .map_err(|error| SloError::new(first.name(), SloErrorKind::Metric(error)))?;
        let (baseline, signals) = (Arc::new(self.registry.snapshot()), GoldenSignals::of(&self.registry));
        let mut board = self.board.lock();
        let others: Vec<Slo> = board.all.iter().map(|standing| standing.slo().clone()).collect();
        let thresholds = Thresholds::of(&self.registry);
        for slo in declaring::check_all(slos, &others, &metrics)? {
            thresholds.add(&slo);
            let mut standing = Standing::new(slo, &families, Arc::clone(&baseline));
            standing.find_work(&signals);
            board.all.push(standing);
        }
        // An evaluation may have seen newer signals meanwhile.
        board.signals = None;
        Ok(())
    }

    /// Declared objectives that metrics declared after them cannot show, such as a latency whose threshold is no bucket of the histogram,
    /// or a label that no series has. Their statuses have no events.
    ///
    /// Each is also reported in [`diagnostics`](radiosonde_core::diagnostics), once, by the first evaluation that finds it.
    #[must_use]
    pub fn problems(&self) -> Vec<SloError> {
        let metrics = DeclaredMetrics::of(&self.registry);
        let check = |slo: &Slo| metrics.check(slo).err().map(|kind| SloError::new(slo.name(), kind));
        self.slos().iter().filter_map(check).collect()
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
        let families = snapshot.families().len();
        let mut board = self.board.lock();
        let has_new_signals = board.signals.as_ref() != Some(&signals);
        let has_new_metrics = board.families != families || has_new_signals;
        board.families = families;
        let Standings { all, label_sets, .. } = &mut *board;
        if has_new_signals {
            all.iter_mut().for_each(|standing| standing.find_work(&signals));
        }
        label_sets.begin();
        all.iter_mut().for_each(|standing| standing.evaluate(snapshot, label_sets, moment));
        board.signals = Some(signals);
        drop(board);
        if has_new_metrics {
            self.report_problems();
        }
    }

    /// Reports the problems that were not reported yet, in one message.
    fn report_problems(&self) {
        let problems = self.problems();
        let mut board = self.board.lock();
        let is_new = |problem: &SloError| !board.reported.contains(problem);
        let new: Vec<SloError> = problems.into_iter().filter(is_new).collect();
        board.reported.extend(new.iter().cloned());
        drop(board);
        if !new.is_empty() {
            let texts: Vec<String> = new.iter().map(ToString::to_string).collect();
            diagnostics::report("signals", "objectives", format_args!("{}", texts.join("; ")));
        }
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use radiosonde_core::SystemClock;

    use super::*;
    use crate::golden::Series;
    use crate::objectives::indicator::Bound;

    #[test]
    fn a_panic_under_the_lock_does_not_end_evaluations() {
        let registry = Registry::new();
        let gauge = Series::of(&registry, "depth", radiosonde_metrics::model::Kind::Gauge);
        let objectives = Objectives::of(&registry);
        objectives.declare(Slo::gauge("depth", 99.0, gauge, Bound::AtMost(1.0))).unwrap();
        let board = Arc::clone(&objectives.board);
        let panicking = std::thread::spawn(move || {
            let _guard = board.lock();
            panic!("under the lock");
        });
        assert!(panicking.join().is_err() && objectives.board.0.is_poisoned());
        objectives.evaluate(&SystemClock);
        assert_eq!(objectives.statuses().len(), 1);
        assert_eq!(objectives.burn_gate("depth", 1.0, Arc::new(SystemClock))(), Ok(()));
    }
}
