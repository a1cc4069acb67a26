use std::sync::Arc;
use std::time::Duration;

use crate::alert::{Alert, AlertState};
use crate::alert_handler::AlertHandler;
use crate::alert_limit::AlertLimit;
use crate::book::alert_statistics::AlertStatistics;
use crate::engine::alert_engine_builder::AlertEngineBuilder;
use crate::engine::core::Core;
use crate::engine::create_alert_error::CreateAlertError;
use crate::engine::report;
use crate::engine::rule_status::RuleStatus;
use crate::engine::threads::{AlertEngineShutdown, Threads};
use crate::evaluating::burn_alerts;
use crate::label_name::{is_label_name, is_reserved};
use crate::rules::alert_rule::AlertRule;
use crate::rules::invalid_alert_rule::InvalidAlertRule;
use crate::silences::invalid_silence::InvalidSilence;
use crate::silences::silence::Silence;
use crate::silences::silences::SilenceId;

/// Evaluates alert rules over the metrics of a registry, and hands alerts to handlers.
///
/// # Shape
/// One thread takes a snapshot of the registry at each interval and evaluates objectives, anomaly detectors and rules on it. Another thread calls
/// the handlers. Clones share the engine; the last one that is dropped ends it.
///
/// A rule that panics loses that evaluation only, and a handler that panics that alert. A rule or a collector that hangs stops the
/// evaluation for as long: `radiosonde_alerts_last_evaluation_timestamp_seconds` shows it.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_alerts::{Alert, AlertEngine, AlertRule, Condition, Severity, Value};
/// use radiosonde_metrics::{Registry, model::Kind};
/// use radiosonde_signals::Series;
///
/// let registry = Registry::new();
/// let devices = registry.gauge("devices", "Devices, by status.").labels(&["status"])?;
/// let offline = Series::of(&registry, "devices", Kind::Gauge).with("status", "offline");
///
/// let alerts = AlertEngine::builder()
///     .registry(&registry)
///     .rule(AlertRule::new("DevicesOffline", Condition::above(Value::sum(offline), 2.0)).summary("{value} devices are offline."))
///     .handler(|alert: &Alert| println!("{} {}: {:?}", alert.state(), alert.name(), alert.annotations()))
///     .build()?; // `start()` has threads
///
/// devices.with(&["offline"]).set(5.0);
/// alerts.evaluate();
/// assert_eq!(alerts.active_alerts()[0].annotations()["summary"], "5 devices are offline.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct AlertEngine {
    core: Arc<Core>,
    /// Absent if the engine is driven by hand.
    threads: Option<Arc<Threads>>,
}

impl AlertEngine {
    /// Builds an engine.
    pub fn builder() -> AlertEngineBuilder {
        AlertEngineBuilder::new()
    }

    pub(crate) fn new(core: Arc<Core>, threads: Option<Threads>) -> Self {
        Self { core, threads: threads.map(Arc::new) }
    }

    /// Evaluates all rules now. Does nothing while they are evaluated already, as within a rule.
    pub fn evaluate(&self) {
        self.core.evaluate();
        self.hand_over();
    }

    /// Adds a rule, to take part in the next evaluation.
    ///
    /// # Errors
    /// [`InvalidAlertRule`] if it is refused.
    pub fn add_rule(&self, rule: AlertRule) -> Result<(), InvalidAlertRule> {
        self.core.check_and_add(rule)
    }

    /// Removes the rules with this name, of all severities; whether there were any. Their alerts that fire are resolved, and pending ones dropped. A rule
    /// that is being evaluated meanwhile raises no alert any more.
    #[allow(clippy::must_use_candidate, reason = "most know that there was one")]
    pub fn remove_rule(&self, name: &str) -> bool {
        let removed = self.core.remove_rules(name);
        self.hand_over();
        removed
    }

    /// Adds a handler, for alerts from now on.
    pub fn add_handler(&self, handler: impl AlertHandler) {
        self.core.add_handler(Arc::new(handler));
    }

    /// Raises an alert by hand: it fires until it is [resolved](Self::resolve) by hand. One that fires already takes the annotations and the value
    /// of this one. Empty labels are absent ones.
    ///
    /// # Errors
    /// [`CreateAlertError`] if its name or a label is refused, it is resolved or beyond an [`AlertLimit`], there are too many active alerts, or no
    /// handler would get it: after [`shutdown`](Self::shutdown), and in a forked process, which has no threads.
    pub fn create(&self, alert: Alert) -> Result<(), CreateAlertError> {
        if self.threads.as_ref().is_some_and(|threads| !threads.is_handing_over()) {
            return Err(CreateAlertError::ShutDown);
        }
        if alert.name().is_empty() {
            return Err(CreateAlertError::EmptyName);
        }
        if alert.state() == AlertState::Resolved {
            return Err(CreateAlertError::Resolved);
        }
        // Before the texts become those of an error.
        if let Some(limit) = AlertLimit::exceeded_by(&alert) {
            self.core.metrics.refused("limit", 1);
            return Err(CreateAlertError::Limit(limit));
        }
        if alert.name() == burn_alerts::NAME {
            return Err(CreateAlertError::ReservedName(alert.name().to_owned()));
        }
        if self.core.is_rule(alert.name()) {
            return Err(CreateAlertError::NameOfRule(alert.name().to_owned()));
        }
        let labels = alert.labels().keys().find(|label| !is_label_name(label) || is_reserved(label));
        let annotations = alert.annotations().keys().find(|name| !is_label_name(name));
        if let Some(label) = labels.or(annotations) {
            return Err(CreateAlertError::Label(label.clone()));
        }
        let now = self.core.now();
        let created = self.core.book().create(alert.without_empty_labels(), now);
        self.core.pass_on();
        self.hand_over();
        created.map_err(CreateAlertError::TooMany)
    }

    /// Resolves the firing alerts that have this name and all of these labels, of rules as well. Returns how many. The label `severity` distinguishes
    /// alerts of the same name; without it those of all severities are meant. The alert of a rule whose condition still holds is raised again by
    /// the next evaluation, as a new one.
    #[allow(clippy::must_use_candidate, reason = "most know that there was one")]
    pub fn resolve(&self, name: &str, labels: &[(&str, &str)]) -> usize {
        let now = self.core.now();
        let resolved = self.core.book().resolve_by_hand(name, labels, now);
        self.core.pass_on();
        self.hand_over();
        resolved
    }

    /// Keeps alerts from handlers.
    ///
    /// # Errors
    /// [`InvalidSilence`] if it matches everything or has ended, or there are too many.
    pub fn silence(&self, silence: Silence) -> Result<SilenceId, InvalidSilence> {
        let now = self.core.now();
        self.core.book().silences.add(silence, now.wall, now.monotonic)
    }

    /// Ends a silence; whether it had not ended before. Handlers get what fires by then with the next evaluation.
    #[allow(clippy::must_use_candidate, reason = "most know that there was one")]
    pub fn expire_silence(&self, id: SilenceId) -> bool {
        self.core.book().silences.expire(id)
    }

    /// The silences that have not ended.
    #[must_use]
    pub fn silences(&self) -> Vec<(SilenceId, Silence)> {
        let now = self.core.now();
        self.core.book().silences.all(now.wall, now.monotonic)
    }

    /// Alerts that are pending or firing, by name, severity and labels.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        self.core.alerts()
    }

    /// Alerts that fire, by name, severity and labels.
    #[must_use]
    pub fn active_alerts(&self) -> Vec<Alert> {
        let mut alerts = self.core.alerts();
        alerts.retain(|alert| alert.state() == AlertState::Firing);
        alerts
    }

    /// The last 1,000 alerts that have fired, resolved or not, by the time at which they began to.
    #[must_use]
    pub fn history(&self) -> Vec<Alert> {
        self.core.book().history()
    }

    /// The rules, in the order in which they were added.
    #[must_use]
    pub fn rules(&self) -> Vec<RuleStatus> {
        self.core.rule_statuses(&self.core.book())
    }

    /// The rules as they were declared, in the order in which they were added.
    #[must_use]
    pub fn declared_rules(&self) -> Vec<AlertRule> {
        self.core.declared_rules()
    }

    /// Rules, alerts, history, silences and statistics of one moment as a JSON object; the README of this crate has its shape.
    #[must_use]
    pub fn to_json(&self) -> String {
        report::json(&self.core)
    }

    /// Numbers of its alerts.
    #[must_use]
    pub fn statistics(&self) -> AlertStatistics {
        let now = self.core.now();
        let mut book = self.core.book();
        book.silences.forget_ended(now.wall, now.monotonic);
        book.statistics(now)
    }

    /// Forgets alerts that were resolved as long ago as this, or longer; those of 30 days go by themselves. Returns how many.
    #[allow(clippy::must_use_candidate, reason = "the number is for the curious")]
    pub fn cleanup(&self, older_than: Duration) -> usize {
        let now = self.core.now();
        self.core.book().cleanup(older_than, now)
    }

    /// Ends the threads: the evaluation, and the handlers once they have all notices. Blocks until then, for at most `deadline`; a rule or a handler that
    /// hangs is left. Alerts that fire are not resolved, but the gauge `alerts` no longer has them. The registry may have another engine then.
    #[allow(
        clippy::must_use_candidate,
        reason = "at the end of a process there may be nothing to do about it"
    )]
    pub fn shutdown(&self, deadline: Duration) -> AlertEngineShutdown {
        if let Some(threads) = &self.threads {
            return threads.stop(deadline);
        }
        self.core.metrics.end();
        self.core.release();
        AlertEngineShutdown { is_complete: true, dropped: 0 }
    }

    /// Calls the handlers on this thread, if there is no other for it. Within a handler it returns at once: the call around it goes on.
    fn hand_over(&self) {
        if self.threads.is_none() {
            for notice in self.core.queue.turn().into_iter().flatten() {
                self.core.hand_over(&notice);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use radiosonde_metrics::Registry;
    use radiosonde_testkit::ManualClock;

    use super::*;
    use crate::rules::condition::Condition;

    #[test]
    fn an_evaluation_whose_snapshot_panics_does_not_count() {
        let registry = Registry::new();
        let clock = Arc::new(ManualClock::new());
        let engine = AlertEngine::builder().registry(&registry).clock(clock).build().unwrap();
        let value = |metric, labels: &[(&str, &str)]| registry.snapshot().value(metric, labels);
        let evaluations = || value("radiosonde_alerts_evaluations_total", &[]);
        let last = || value("radiosonde_alerts_last_evaluation_timestamp_seconds", &[]);
        engine.core.evaluate_by(|| std::panic::resume_unwind(Box::new("a snapshot's fault")));
        assert_eq!((evaluations(), last()), (Some(0.0), Some(0.0)));
        assert_eq!(value("radiosonde_alerts_panics_total", &[("part", "snapshot")]), Some(1.0));
        engine.evaluate();
        assert_eq!((evaluations(), last()), (Some(1.0), Some(1_767_225_600.0)));
    }

    #[test]
    fn a_look_at_an_idle_engine_counts_no_evaluation() {
        let registry = Registry::new();
        let clock = Arc::new(ManualClock::new());
        let engine = AlertEngine::builder().registry(&registry).clock(clock).build().unwrap();
        let value = |metric| registry.snapshot().value(metric, &[]);
        let evaluations = || value("radiosonde_alerts_evaluations_total");
        let last = || value("radiosonde_alerts_last_evaluation_timestamp_seconds");
        engine.core.evaluate_if_needed();
        assert_eq!((evaluations(), last()), (Some(0.0), Some(0.0)));
        engine.add_rule(AlertRule::new("A", Condition::when(|_| None))).unwrap();
        engine.core.evaluate_if_needed();
        assert_eq!((evaluations(), last()), (Some(1.0), Some(1_767_225_600.0)));
    }
}
