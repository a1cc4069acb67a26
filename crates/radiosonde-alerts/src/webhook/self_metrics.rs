use radiosonde_metrics::{Counter, DynFamily, RegisterError, Registry};

/// Counts webhooks and their alerts. Receivers with one registry share the counters.
#[derive(Debug, Clone)]
pub(super) struct SelfMetrics {
    requests: DynFamily<Counter>,
    alerts: DynFamily<Counter>,
}

impl SelfMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, RegisterError> {
        let counter = |name, help| registry.counter(name, help).labels(&["outcome"]);
        Ok(Self {
            requests: counter(
                "radiosonde_alerts_webhook_requests_total",
                "Webhooks of Alertmanager received, by outcome.",
            )?,
            alerts: counter(
                "radiosonde_alerts_webhook_alerts_total",
                "Alerts in webhooks of Alertmanager, by outcome.",
            )?,
        })
    }

    pub(super) fn request(&self, outcome: &'static str) {
        self.requests.with(&[outcome]).inc();
    }

    pub(super) fn alerts(&self, outcome: &'static str, count: usize) {
        self.alerts.with(&[outcome]).inc_by(count as u64);
    }
}
