use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use radiosonde_core::Clock;
use radiosonde_metrics::Registry;
use radiosonde_metrics::model::MAX_VALUE_BYTES;
use radiosonde_metrics::snapshot::{Snapshot, SnapshotOrder};

use crate::anomalies::anomaly_error::{AnomalyError, AnomalyErrorKind};
use crate::anomalies::anomaly_options::AnomalyOptions;
use crate::anomalies::anomaly_state::AnomalyStatus;
use crate::anomalies::detector_metrics::DetectorMetrics;
use crate::anomalies::measure::{Measure, Source};
use crate::anomalies::watched::Watched;

/// The most detectors of a registry.
const LIMIT: usize = 100;

/// The detectors of anomalies of a registry. Clones share them.
///
/// Each watches a [`Measure`] with an [`AnomalyDetector`](crate::AnomalyDetector), which explains what is found and what is not. The
/// `AlertEngine` of `radiosonde-alerts` evaluates them with its rules; without it, call [`evaluate`](Self::evaluate) at every
/// [interval](AnomalyOptions::interval).
///
/// # Metrics
/// - `anomaly_score{detector}`: how far the last value is from the expected one, in deviations; 0 while warming up.
/// - `anomaly_expected{detector}`: the value that was expected, once the detector is warm.
/// - `anomaly_state{detector,state}`: 1 for the current state, `warming_up`, `normal` or `anomalous`, and 0 for the others.
/// - `anomalies_total{detector}`: anomalies that began.
/// - `anomaly_values_refused_total{detector,reason}`: values that were not judged, as they were `not_finite`, or as the function of the
///   measure ended in a `panic`.
///
/// # Limits
/// At most 100 detectors in a registry.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_metrics::Registry;
/// use radiosonde_metrics::model::Kind;
/// use radiosonde_signals::{Anomalies, AnomalyOptions, AnomalyState, Measure, Series};
/// use radiosonde_testkit::ManualClock;
///
/// let (registry, clock) = (Registry::new(), ManualClock::new());
/// let depth = registry.gauge("queue_depth", "Number of queued jobs.").build()?;
/// let anomalies = Anomalies::of(&registry);
/// let queued = Measure::gauge(Series::of(&registry, "queue_depth", Kind::Gauge));
/// anomalies.watch("queue_depth", queued, AnomalyOptions::new())?;
///
/// let mut evaluate = |value: f64| {
///     depth.set(value);
///     clock.advance(Duration::from_secs(10));
///     anomalies.evaluate(&clock);
///     anomalies.status("queue_depth").map(|status| status.state)
/// };
/// for minute in 0..10 {
///     for value in [40.0, 42.0, 39.0, 41.0] {
///         assert_ne!(evaluate(value), Some(AnomalyState::Anomalous));
///     }
/// }
/// evaluate(80.0);
/// assert_eq!(evaluate(85.0), Some(AnomalyState::Anomalous));
/// assert!(registry.text().contains("anomaly_state{detector=\"queue_depth\",state=\"anomalous\"} 1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Anomalies {
    registry: Registry,
    detectors: Arc<Detectors>,
}

#[derive(Debug, Default)]
struct Detectors {
    all: Mutex<BTreeMap<String, Arc<Watched>>>,
    /// Held by an evaluation: when the snapshot that was read last was taken.
    evaluating: Mutex<SnapshotOrder>,
}

impl Anomalies {
    /// The detectors of this registry.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        Self { registry: registry.clone(), detectors: registry.attachment() }
    }

    /// Watches a measure from now on. The same name with the same measure and options is the same detector.
    ///
    /// # Errors
    /// [`AnomalyError`], if the name is empty, longer than 1,024 bytes or that of another detector, if the options are refused, beyond 100
    /// detectors, and if the registry has other metrics with these names.
    pub fn watch(
        &self,
        name: impl AsRef<str>,
        measure: Measure,
        options: AnomalyOptions,
    ) -> Result<(), AnomalyError> {
        let name = name.as_ref();
        self.add(name, measure, options).map_err(|kind| AnomalyError::new(name, kind))
    }

    fn add(&self, name: &str, measure: Measure, options: AnomalyOptions) -> Result<(), AnomalyErrorKind> {
        if name.is_empty() || name.len() > MAX_VALUE_BYTES {
            return Err(AnomalyErrorKind::Name);
        }
        if let Source::Quantile(_, quantile) = measure.0
            && !(0.0..=1.0).contains(&quantile)
        {
            return Err(AnomalyErrorKind::Quantile(quantile));
        }
        let options = options.with_floor(measure.least_deviation());
        let mut all = self.all();
        if let Some(watched) = all.get(name) {
            let is_same = watched.is_same(&measure, &options);
            return if is_same { Ok(()) } else { Err(AnomalyErrorKind::Differs) };
        }
        if all.len() >= LIMIT {
            return Err(AnomalyErrorKind::TooMany(LIMIT));
        }
        options.check().map_err(AnomalyErrorKind::Options)?;
        let metrics = DetectorMetrics::declare(&self.registry).map_err(AnomalyErrorKind::Register)?;
        let watched = Watched::new(name, measure, options, metrics).map_err(AnomalyErrorKind::Options)?;
        all.insert(name.to_owned(), Arc::new(watched));
        Ok(())
    }

    /// Takes a snapshot of the registry and feeds each detector with its value, at the time of this clock.
    pub fn evaluate(&self, clock: &dyn Clock) {
        self.evaluate_with(&self.registry.snapshot(), clock);
    }

    /// [`evaluate`](Self::evaluate) with a snapshot of this moment, of any registry. Does nothing while another evaluation is running, and with
    /// a snapshot that was read before or is older than one that was: its counters would seem to have been reset.
    pub fn evaluate_with(&self, snapshot: &Snapshot, clock: &dyn Clock) {
        let mut last_read = match self.detectors.evaluating.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(guard)) => guard.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        if !snapshot.order().is_after(*last_read) {
            return;
        }
        *last_read = snapshot.order();
        let now = clock.monotonic();
        let all: Vec<Arc<Watched>> = self.all().values().map(Arc::clone).collect();
        for watched in all {
            watched.evaluate(snapshot, now);
        }
    }

    /// The status of the detector of this name as of its last value; `None` without such a detector, and after the function of its measure
    /// panicked.
    #[must_use]
    pub fn status(&self, name: &str) -> Option<AnomalyStatus> {
        let watched = self.all().get(name).map(Arc::clone);
        watched.and_then(|watched| watched.status())
    }

    /// Whether there is a detector of this name. One whose measure panicked has no status any more, but is there.
    #[must_use]
    pub fn is_watched(&self, name: &str) -> bool {
        self.all().contains_key(name)
    }

    /// The status of each detector as of its last value, by name.
    #[must_use]
    pub fn statuses(&self) -> Vec<(String, AnomalyStatus)> {
        let all = self.all();
        all.iter().filter_map(|(name, watched)| Some((name.clone(), watched.status()?))).collect()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Watched>>> {
        self.detectors.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
