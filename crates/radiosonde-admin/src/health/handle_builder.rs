use std::sync::Arc;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::Registry;
use radiosonde_signals::SystemHealth;

use crate::health::board::Board;
use crate::health::handle::Health;
use crate::health::self_metrics::SelfMetrics;

/// Builds a [`Health`].
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct HealthBuilder {
    registry: Option<Registry>,
    clock: SharedClock,
    scores: Option<SystemHealth>,
}

impl HealthBuilder {
    pub(crate) fn new() -> Self {
        Self { registry: None, clock: Arc::new(SystemClock), scores: None }
    }

    /// The registry of `health_check_status` and `health_check_duration_seconds`; default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// The clock that measures the age of results; default: the system's. Timeouts are real time always.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// The system whose components the checks are; default: that of the registry, without a namespace. See [`Health::set_scores`].
    pub fn scores(mut self, system: &SystemHealth) -> Self {
        self.scores = Some(system.clone());
        self
    }

    /// A health without checks.
    #[must_use]
    pub fn build(self) -> Health {
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let self_metrics = SelfMetrics::new(registry, &self.clock, self.scores);
        Health(Arc::new(Board::new(self.clock, self_metrics)))
    }
}
