use std::time::Duration;

use radiosonde_core::{SharedClock, diagnostics};
use radiosonde_metrics::{Buckets, DynFamily, Gauge, Histogram, RegisterError, Registry};
use radiosonde_signals::SystemHealth;

/// The results of checks as metrics.
#[derive(Debug, Clone)]
pub(crate) struct SelfMetrics(Option<Declared>);

#[derive(Debug, Clone)]
struct Declared {
    status: DynFamily<Gauge>,
    duration: DynFamily<Histogram>,
    system: SystemHealth,
}

impl SelfMetrics {
    /// Records nothing if the names are taken by other metrics, which is reported.
    pub(crate) fn new(registry: &Registry, clock: &SharedClock) -> Self {
        let declared = Declared::new(registry, clock);
        if let Err(error) = &declared {
            let message = format_args!("health checks have no metrics: {error}");
            diagnostics::report("health", "metrics", message);
        }
        Self(declared.ok())
    }

    pub(crate) fn ended(&self, check: &str, is_ok: bool, took: Duration) {
        self.read(check, is_ok);
        if let Some(Declared { duration, system, .. }) = &self.0 {
            duration.with(&[check]).observe(took.as_secs_f64());
            system.component(check).checked(is_ok);
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
        Some(self.0.as_ref()?.system.component(check).score())
    }
}

impl Declared {
    fn new(registry: &Registry, clock: &SharedClock) -> Result<Self, RegisterError> {
        let system = SystemHealth::builder().registry(registry).clock(SharedClock::clone(clock)).build()?;
        let help = "Result of the last run of a health check: 1 for success, 0 for failure.";
        let status = registry.gauge("health_check_status", help).labels(&["check"])?;
        let help = "Time that a health check took, in seconds.";
        let duration = registry.histogram("health_check_duration_seconds", help);
        let duration = duration.buckets(Buckets::from_static(&[0.001, 0.01, 0.1, 1.0, 10.0]));
        Ok(Self { status, duration: duration.labels(&["check"])?, system })
    }
}
