use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use radiosonde_core::SharedClock;

use crate::system_health::component_state::ComponentState;
use crate::system_health::results::Results;

/// A part of a process or something it depends on, with a score from 0 to 100; from
/// [`SystemHealth::component`](crate::SystemHealth::component).
///
/// # Shape
/// The score is 100 times the share of [results](Self::record) of the last minute that are good, counted in steps of ten seconds, and 100
/// without results; but at most 80 while the component is [set](Self::set_state) to degraded, and 0 while it is set to unhealthy. A
/// score above 80 is healthy, one above 60 degraded, any other unhealthy.
///
/// Failures are forgotten after a minute, so that a component that gets no traffic because it was unhealthy recovers.
///
/// # Cost
/// A result takes a lock of the component's own. Cloning copies a pointer.
#[derive(Debug, Clone)]
pub struct Component(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: Box<str>,
    clock: SharedClock,
    health: Mutex<Health>,
}

#[derive(Debug)]
struct Health {
    results: Results,
    set: ComponentState,
}

impl Component {
    pub(crate) fn new(name: &str, clock: &SharedClock) -> Self {
        let health = Mutex::new(Health { results: Results::default(), set: ComponentState::Healthy });
        Self(Arc::new(Inner { name: name.into(), clock: Arc::clone(clock), health }))
    }

    /// Its name: the value of the label `component`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Adds the result of some use of it.
    pub fn record(&self, is_good: bool) {
        let now = self.0.clock.monotonic();
        self.lock().results.add(is_good, now);
    }

    /// States what is known of it, until another state is set. Default: healthy.
    pub fn set_state(&self, state: ComponentState) {
        self.lock().set = state;
    }

    /// Adds the result of a check: it is unhealthy from a failure until the next success.
    pub fn checked(&self, is_good: bool) {
        self.record(is_good);
        self.set_state(if is_good { ComponentState::Healthy } else { ComponentState::Unhealthy });
    }

    /// The score, from 0 to 100.
    #[must_use]
    pub fn score(&self) -> f64 {
        let now = self.0.clock.monotonic();
        let health = self.lock();
        (100.0 * health.results.share(now).unwrap_or(1.0)).min(health.set.cap())
    }

    /// The state, by the score.
    #[must_use]
    pub fn state(&self) -> ComponentState {
        ComponentState::of_score(self.score())
    }

    fn lock(&self) -> MutexGuard<'_, Health> {
        self.0.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
