use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use radiosonde_core::{diagnostics, survive};
use radiosonde_metrics::snapshot::Snapshot;

use crate::anomalies::anomaly_detector::AnomalyDetector;
use crate::anomalies::anomaly_options::AnomalyOptions;
use crate::anomalies::anomaly_state::{AnomalyState, AnomalyStatus};
use crate::anomalies::detector_metrics::{DetectorMetrics, Refusal};
use crate::anomalies::invalid_anomaly_options::InvalidAnomalyOptions;
use crate::anomalies::measure::Measure;
use crate::anomalies::measure_reader::MeasureReader;

/// A detector that watches a measure of a registry.
#[derive(Debug)]
pub(crate) struct Watched {
    name: String,
    measure: Measure,
    options: AnomalyOptions,
    metrics: DetectorMetrics,
    running: Mutex<Running>,
    /// Apart, so that a measure's function may ask for it. `None` after a panic of that function.
    status: Mutex<Option<AnomalyStatus>>,
}

#[derive(Debug)]
struct Running {
    reader: MeasureReader,
    detector: AnomalyDetector,
}

impl Watched {
    pub(crate) fn new(
        name: &str,
        measure: Measure,
        options: AnomalyOptions,
        metrics: DetectorMetrics,
    ) -> Result<Self, InvalidAnomalyOptions> {
        let detector = AnomalyDetector::new(options)?;
        metrics.begin(name);
        Ok(Self {
            name: name.to_owned(),
            measure,
            options,
            metrics,
            running: Mutex::new(Running { reader: MeasureReader::default(), detector }),
            status: Mutex::new(Some(AnomalyStatus::WARMING_UP)),
        })
    }

    pub(crate) fn is_same(&self, measure: &Measure, options: &AnomalyOptions) -> bool {
        (&self.measure, &self.options) == (measure, options)
    }

    pub(crate) fn status(&self) -> Option<AnomalyStatus> {
        *lock(&self.status)
    }

    /// Judges the value in this snapshot, of this time.
    pub(crate) fn evaluate(&self, snapshot: &Snapshot, now: Duration) {
        let Some(before) = self.status() else { return };
        let mut running = lock(&self.running);
        let Running { reader, detector } = &mut *running;
        let Some(value) = survive(|| reader.read(&self.measure, snapshot, now)) else {
            return self.lose();
        };
        let Some(value) = value else { return };
        if !value.is_finite() {
            self.metrics.count_refusal(&self.name, Refusal::NotFinite);
        }
        let status = detector.observe_at(value, now);
        *lock(&self.status) = Some(status);
        self.metrics.show(&self.name, status);
        if status.state == AnomalyState::Anomalous && before.state != AnomalyState::Anomalous {
            self.metrics.count_anomaly(&self.name);
        }
    }

    #[cold]
    fn lose(&self) {
        *lock(&self.status) = None;
        self.metrics.count_refusal(&self.name, Refusal::Panic);
        self.metrics.end(&self.name);
        let message = format_args!("the measure of {:?} panicked: it is not evaluated any more", self.name);
        diagnostics::report("signals", "anomalies", message);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
