use std::time::Duration;

use radiosonde_core::diagnostics;
use radiosonde_metrics::{Buckets, DynFamily, Gauge, Histogram, RegisterError, Registry};

/// The results of checks as metrics.
#[derive(Debug, Clone)]
pub(crate) struct SelfMetrics(Option<Declared>);

#[derive(Debug, Clone)]
struct Declared {
    status: DynFamily<Gauge>,
    duration: DynFamily<Histogram>,
}

impl SelfMetrics {
    /// Records nothing if the names are taken by other metrics, which is reported.
    pub(crate) fn new(registry: &Registry) -> Self {
        let declared = Declared::new(registry);
        if let Err(error) = &declared {
            let message = format_args!("health checks have no metrics: {error}");
            diagnostics::report("health", "metrics", message);
        }
        Self(declared.ok())
    }

    pub(crate) fn ended(&self, check: &str, is_ok: bool, took: Duration) {
        if let Some(Declared { status, duration }) = &self.0 {
            status.with(&[check]).set(f64::from(u8::from(is_ok)));
            duration.with(&[check]).observe(took.as_secs_f64());
        }
    }
}

impl Declared {
    fn new(registry: &Registry) -> Result<Self, RegisterError> {
        let help = "Result of the last run of a health check: 1 for success, 0 for failure.";
        let status = registry.gauge("health_check_status", help).labels(&["check"])?;
        let help = "Time that a health check took, in seconds.";
        let duration = registry.histogram("health_check_duration_seconds", help);
        let duration = duration.buckets(Buckets::from_static(&[0.001, 0.01, 0.1, 1.0, 10.0]));
        Ok(Self { status, duration: duration.labels(&["check"])? })
    }
}
