use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use radiosonde_core::{SharedClock, diagnostics};
use radiosonde_metrics::{Buckets, DynFamily, Gauge, Histogram, RegisterError, Registry};
use radiosonde_signals::{ComponentState, SystemHealth};

/// The results of checks as metrics.
#[derive(Debug, Clone)]
pub(crate) struct SelfMetrics(Option<Declared>);

#[derive(Debug, Clone)]
struct Declared {
    status: DynFamily<Gauge>,
    duration: DynFamily<Histogram>,
    system: Arc<Mutex<SystemHealth>>,
}

impl SelfMetrics {
    /// Records nothing if the names are taken by other metrics, which is reported.
    pub(crate) fn new(registry: &Registry, clock: &SharedClock, scores: Option<SystemHealth>) -> Self {
        let declared = Declared::new(registry, clock, scores);
        if let Err(error) = &declared {
            let message = format_args!("health checks have no metrics: {error}");
            diagnostics::report("health", "metrics", message);
        }
        Self(declared.ok())
    }

    pub(crate) fn ended(&self, check: &str, is_ok: bool, took: Duration) {
        self.read(check, is_ok);
        if let Some(declared) = &self.0 {
            declared.duration.with(&[check]).observe(took.as_secs_f64());
            declared.system().component(check).checked(is_ok);
        }
    }

    /// The component is no check any more: its last result does not hold.
    pub(crate) fn unchecked(&self, check: &str) {
        if let Some(declared) = &self.0 {
            declared.system().component(check).set_state(ComponentState::Healthy);
        }
    }

    pub(crate) fn set_scores(&self, system: &SystemHealth) {
        if let Some(declared) = &self.0 {
            *declared.system.lock().unwrap_or_else(PoisonError::into_inner) = system.clone();
        }
    }

    /// The result of a check that is no result of the component with its name.
    pub(crate) fn read(&self, check: &str, is_ok: bool) {
        if let Some(Declared { status, .. }) = &self.0 {
            status.with(&[check]).set(f64::from(u8::from(is_ok)));
        }
    }

    /// The score of a check that has ended.
    pub(crate) fn score(&self, check: &str) -> Option<f64> {
        Some(self.0.as_ref()?.system().component(check).score())
    }
}

impl Declared {
    fn new(
        registry: &Registry,
        clock: &SharedClock,
        scores: Option<SystemHealth>,
    ) -> Result<Self, RegisterError> {
        let system = || SystemHealth::builder().registry(registry).clock(SharedClock::clone(clock)).build();
        let system = Arc::new(Mutex::new(scores.map_or_else(system, Ok)?));
        let help = "Result of the last run of a health check: 1 for success, 0 for failure.";
        let status = registry.gauge("health_check_status", help).labels(&["check"])?;
        let help = "Time that a health check took, in seconds.";
        let duration = registry.histogram("health_check_duration_seconds", help);
        let duration = duration.buckets(Buckets::from_static(&[0.001, 0.01, 0.1, 1.0, 10.0]));
        Ok(Self { status, duration: duration.labels(&["check"])?, system })
    }

    fn system(&self) -> SystemHealth {
        self.system.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
