use radiosonde_metrics::{Counter, DynFamily, Gauge, IntGauge, RegisterError, Registry};

use crate::anomalies::anomaly_state::{AnomalyState, AnomalyStatus};

/// The metrics of the detectors of a registry.
#[derive(Debug, Clone)]
pub(crate) struct DetectorMetrics {
    score: DynFamily<Gauge>,
    expected: DynFamily<Gauge>,
    state: DynFamily<IntGauge>,
    began: DynFamily<Counter>,
    refused: DynFamily<Counter>,
}

/// The reason for which a value was not judged.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refusal {
    NotFinite,
    Panic,
}

impl Refusal {
    const ALL: [Self; 2] = [Self::NotFinite, Self::Panic];

    const fn as_str(self) -> &'static str {
        match self {
            Self::NotFinite => "not_finite",
            Self::Panic => "panic",
        }
    }
}

impl DetectorMetrics {
    pub(crate) fn declare(registry: &Registry) -> Result<Self, RegisterError> {
        let help = "Difference of the last value from the expected one, in deviations.";
        let score = registry.gauge("anomaly_score", help).labels(&["detector"])?;
        let help = "Value that was expected of the last one.";
        let expected = registry.gauge("anomaly_expected", help).labels(&["detector"])?;
        let help = "State of a detector: 1 for the current state, 0 for the others.";
        let states = AnomalyState::ALL.map(AnomalyState::as_str);
        let (state, values) = (registry.int_gauge("anomaly_state", help), [("state", &states[..])]);
        let state = state.possible_values(&values).labels(&["detector", "state"])?;
        let help = "Number of anomalies that began.";
        let began = registry.counter("anomalies_total", help).labels(&["detector"])?;
        let help = "Number of values that were not judged, by reason.";
        let reasons = Refusal::ALL.map(Refusal::as_str);
        let (refused, values) =
            (registry.counter("anomaly_values_refused_total", help), [("reason", &reasons[..])]);
        let refused = refused.possible_values(&values).labels(&["detector", "reason"])?;
        Ok(Self { score, expected, state, began, refused })
    }

    /// Exposes a new detector, with counters of 0.
    pub(crate) fn begin(&self, detector: &str) {
        self.began.with(&[detector]).inc_by(0);
        for reason in Refusal::ALL {
            self.refused.with(&[detector, reason.as_str()]).inc_by(0);
        }
        self.show(detector, AnomalyStatus::WARMING_UP);
    }

    pub(crate) fn show(&self, detector: &str, status: AnomalyStatus) {
        self.score.with(&[detector]).set(status.score);
        if let Some(expected) = status.expected {
            self.expected.with(&[detector]).set(expected);
        }
        self.show_state(detector, Some(status.state));
    }

    /// Exposes a detector that has no state any more.
    pub(crate) fn end(&self, detector: &str) {
        self.score.with(&[detector]).set(0.0);
        self.show_state(detector, None);
    }

    fn show_state(&self, detector: &str, current: Option<AnomalyState>) {
        for state in AnomalyState::ALL {
            let is_current = current == Some(state);
            self.state.with(&[detector, state.as_str()]).set(i64::from(is_current));
        }
    }

    pub(crate) fn count_anomaly(&self, detector: &str) {
        self.began.with(&[detector]).inc();
    }

    pub(crate) fn count_refusal(&self, detector: &str, reason: Refusal) {
        self.refused.with(&[detector, reason.as_str()]).inc();
    }
}
