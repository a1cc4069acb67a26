use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radiosonde_metrics::removable::RemovableDynFamily;
use radiosonde_metrics::{Counter, DynFamily, Gauge, IntGauge, RegisterError, Registry};
use radiosonde_signals::Severity;

use crate::alert::{Alert, AlertState};

/// What an engine counts of its alerts and of itself.
#[derive(Debug)]
pub(crate) struct SelfMetrics {
    alerts: RemovableDynFamily<IntGauge>,
    shown: Mutex<Shown>,
    pub(crate) evaluations: Counter,
    panics: DynFamily<Counter>,
    rule_panics: DynFamily<Counter>,
    dropped: DynFamily<Counter>,
    refused: DynFamily<Counter>,
    last_evaluation: Gauge,
    last_duration: Gauge,
}

impl SelfMetrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, RegisterError> {
        let counter = |name, help, label| registry.counter(name, help).labels(&[label]);
        Ok(Self {
            alerts: registry
                .int_gauge("alerts", "Alerts that are pending or firing.")
                .removable()
                .labels(&["alertname", "severity", "state"])?,
            shown: Mutex::default(),
            evaluations: registry
                .counter("radiosonde_alerts_evaluations_total", "Evaluations of all alert rules.")
                .build()?,
            panics: counter(
                "radiosonde_alerts_panics_total",
                "Panics in the snapshot, the objectives, the anomaly detectors and the handlers of alerts, by part.",
                "part",
            )?,
            rule_panics: counter(
                "radiosonde_alerts_rule_panics_total",
                "Panics of alert rules, by rule.",
                "rule",
            )?,
            dropped: counter(
                "radiosonde_alerts_notices_dropped_total",
                "Notices of alerts that handlers did not get, or not in time, by reason.",
                "reason",
            )?,
            refused: counter(
                "radiosonde_alerts_refused_total",
                "Alerts refused or cut at a limit, by reason.",
                "reason",
            )?,
            last_evaluation: registry
                .gauge(
                    "radiosonde_alerts_last_evaluation_timestamp_seconds",
                    "Time of the last evaluation of alert rules, in seconds since 1970; 0 if there was none.",
                )
                .build()?,
            last_duration: registry
                .gauge(
                    "radiosonde_alerts_last_evaluation_duration_seconds",
                    "Duration of the last evaluation of alert rules.",
                )
                .build()?,
        })
    }

    pub(crate) fn panicked(&self, part: &'static str) {
        self.panics.with(&[part]).inc();
    }

    pub(crate) fn rule_panicked(&self, rule: &str) {
        self.rule_panics.with(&[rule]).inc();
    }

    pub(crate) fn dropped(&self, reason: &'static str, notices: u64) {
        if notices > 0 {
            self.dropped.with(&[reason]).inc_by(notices);
        }
    }

    pub(crate) fn refused(&self, reason: &'static str, alerts: u64) {
        if alerts > 0 {
            self.refused.with(&[reason]).inc_by(alerts);
        }
    }

    pub(crate) fn evaluated(&self, at: SystemTime, took: Duration) {
        self.evaluations.inc();
        self.last_evaluation.set(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64());
        self.last_duration.set(took.as_secs_f64());
    }

    /// Shows a rule, and that it has no alert yet.
    pub(crate) fn show_rule(&self, name: &str, severity: Severity) {
        let mut shown = self.shown();
        if shown.has_ended {
            return;
        }
        for state in [AlertState::Pending, AlertState::Firing] {
            let _ = self.alerts.with(&[name, severity.as_str(), state.as_str()]);
            shown.series.insert((name.to_owned(), severity, state));
        }
    }

    /// Ends what [`show_rule`](Self::show_rule) has begun.
    pub(crate) fn hide_rule(&self, name: &str, severity: Severity) {
        let mut shown = self.shown();
        for state in [AlertState::Pending, AlertState::Firing] {
            self.alerts.remove(&[name, severity.as_str(), state.as_str()]);
            shown.series.remove(&(name.to_owned(), severity, state));
        }
    }

    /// Shows how many alerts there are. Series of alerts that are gone are removed, and those of rules are 0.
    pub(crate) fn show(&self, now: AlertCounts, is_rule: impl Fn(&str, Severity) -> bool) {
        let mut shown = self.shown();
        if shown.has_ended {
            return;
        }
        shown.series.retain(|key @ (name, severity, state)| {
            let labels = [name, severity.as_str(), state.as_str()];
            if now.0.contains_key(key) {
                return true;
            }
            let is_kept = is_rule(name, *severity);
            if is_kept {
                self.alerts.with(&labels).set(0);
            } else {
                self.alerts.remove(&labels);
            }
            is_kept
        });
        for ((name, severity, state), count) in now.0 {
            self.alerts.with(&[&name, severity.as_str(), state.as_str()]).set(count);
            shown.series.insert((name, severity, state));
        }
    }

    /// Shows no alerts from now on, as nothing would resolve them.
    pub(crate) fn end(&self) {
        let mut shown = self.shown();
        shown.has_ended = true;
        for (name, severity, state) in std::mem::take(&mut shown.series) {
            self.alerts.remove(&[&name, severity.as_str(), state.as_str()]);
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The series of `alerts` that there are.
#[derive(Debug, Default)]
struct Shown {
    series: BTreeSet<(String, Severity, AlertState)>,
    /// Whether the engine has ended.
    has_ended: bool,
}

/// How many alerts there are, by name, severity and state.
#[derive(Debug)]
pub(crate) struct AlertCounts(BTreeMap<(String, Severity, AlertState), i64>);

impl AlertCounts {
    pub(crate) fn of<'a>(alerts: impl Iterator<Item = &'a Alert>) -> Self {
        let mut counts = BTreeMap::new();
        for alert in alerts {
            *counts.entry((alert.name().to_owned(), alert.severity(), alert.state())).or_default() += 1;
        }
        Self(counts)
    }
}
