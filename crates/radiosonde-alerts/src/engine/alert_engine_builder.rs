use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::Registry;

use crate::alert_handler::AlertHandler;
use crate::book::book::{Book, Limits, REPEATED_EVERY};
use crate::engine::alert_engine::AlertEngine;
use crate::engine::alert_engine_build_error::AlertEngineBuildError;
use crate::engine::claim::Claim;
use crate::engine::core::Core;
use crate::engine::self_metrics::SelfMetrics;
use crate::engine::threads::Threads;
use crate::notifying::notice_queue::NoticeQueue;
use crate::rules::alert_rule::AlertRule;

/// Builds an [`AlertEngine`].
#[must_use = "an engine is made by `start` or `build`"]
pub struct AlertEngineBuilder {
    registry: Option<Registry>,
    clock: SharedClock,
    interval: Duration,
    rules: Vec<AlertRule>,
    handlers: Vec<Arc<dyn AlertHandler>>,
    objective_alerts: bool,
    limits: Limits,
    queue: usize,
}

/// A shorter one would take a CPU for itself.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
/// Alerts are sent to an Alertmanager as valid for four intervals, which is a day at most.
const LONGEST_INTERVAL: Duration = Duration::from_secs(6 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl AlertEngineBuilder {
    pub(crate) fn new() -> Self {
        Self {
            registry: None,
            clock: Arc::new(SystemClock),
            interval: Duration::from_secs(10),
            rules: Vec::new(),
            handlers: Vec::new(),
            objective_alerts: true,
            limits: Limits { active: 1_000, history: 1_000, keep_resolved: 30 * DAY },
            queue: 1_024,
        }
    }

    /// The registry whose metrics, objectives and detectors are evaluated; default: the global one. It has one engine at a time, until that one is
    /// shut down or dropped.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Takes the time from `clock`, for tests. The thread's pace is the system clock's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// The time between two evaluations. Range: 10 ms to 6 h. Default: 10 s.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Adds a rule.
    pub fn rule(mut self, rule: AlertRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds a handler. Handlers are called in the order in which they were added.
    pub fn handler(mut self, handler: impl AlertHandler) -> Self {
        self.handlers.push(Arc::new(handler));
        self
    }

    /// Adds a handler before those that there are: it is not delayed by one of theirs that blocks for the first time.
    pub fn handler_first(mut self, handler: impl AlertHandler) -> Self {
        self.handlers.insert(0, Arc::new(handler));
        self
    }

    /// About how long it takes until an alert that fires is [repeated](AlertHandler::repeat): a minute, or the interval if that is longer.
    #[must_use]
    pub fn repeated_every(&self) -> Duration {
        REPEATED_EVERY.max(self.interval)
    }

    /// Whether each objective of the registry alerts when its error budget burns too fast, without a rule; default: yes. The alerts are called
    /// `ErrorBudgetBurn`, with the labels `slo`, `long` and `short` of the pair of windows, and `owner`. Objectives may be declared later.
    pub const fn objective_alerts(mut self, alert: bool) -> Self {
        self.objective_alerts = alert;
        self
    }

    /// How many alerts may be pending or firing; default: 1,000. The rest are counted in `radiosonde_alerts_refused_total`.
    pub const fn max_active(mut self, alerts: usize) -> Self {
        self.limits.active = alerts;
        self
    }

    /// How many alerts the history has; default: 1,000. Handlers get the resolutions of all others as well.
    pub const fn history(mut self, alerts: usize) -> Self {
        self.limits.history = alerts;
        self
    }

    /// How long the history keeps resolved alerts; default: 30 days.
    pub const fn keep_resolved(mut self, duration: Duration) -> Self {
        self.limits.keep_resolved = duration;
        self
    }

    /// How many notices may wait for handlers; default: 1,024. Beyond it they are counted in `radiosonde_alerts_notices_dropped_total`, and
    /// passed on with the next evaluation.
    pub const fn handler_queue(mut self, notices: usize) -> Self {
        self.queue = notices;
        self
    }

    /// An engine with a thread that evaluates, at once and then at each interval, and a thread for handlers.
    ///
    /// # Errors
    /// [`AlertEngineBuildError`] if a rule, the interval or a metric is refused, the registry has another engine, or no thread can be started.
    pub fn start(self) -> Result<AlertEngine, AlertEngineBuildError> {
        let interval = self.interval;
        let core = self.core()?;
        let threads = Threads::start(&core, interval).map_err(AlertEngineBuildError::Thread)?;
        Ok(AlertEngine::new(core, Some(threads)))
    }

    /// An engine without threads, for tests of rules: it evaluates when [`AlertEngine::evaluate`] is called, and handlers run within the calls,
    /// of one call at a time.
    ///
    /// # Errors
    /// [`AlertEngineBuildError`] if a rule, the interval or a metric is refused, or the registry has another engine.
    pub fn build(self) -> Result<AlertEngine, AlertEngineBuildError> {
        Ok(AlertEngine::new(self.core()?, None))
    }

    fn core(self) -> Result<Arc<Core>, AlertEngineBuildError> {
        if !(SHORTEST_INTERVAL..=LONGEST_INTERVAL).contains(&self.interval) {
            return Err(AlertEngineBuildError::Interval(self.interval));
        }
        // Not before: `init` of the facade makes the global one.
        let registry = self.registry.unwrap_or_else(|| Registry::global().clone());
        let claim = Claim::of(&registry).ok_or(AlertEngineBuildError::Claimed)?;
        let metrics = SelfMetrics::new(&registry).map_err(AlertEngineBuildError::Metrics)?;
        let (queue, book) = (NoticeQueue::new(self.queue), Book::new(self.limits));
        let core = Core::new(registry, self.clock, self.objective_alerts, metrics, queue, book, claim);
        for rule in self.rules {
            core.check_and_add(rule)?;
        }
        for handler in self.handlers {
            core.add_handler(handler);
        }
        Ok(Arc::new(core))
    }
}

impl std::fmt::Debug for AlertEngineBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AlertEngineBuilder").field("rules", &self.rules).finish_non_exhaustive()
    }
}
