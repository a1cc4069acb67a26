use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use radiosonde_signals::Severity;

/// A fault that lasts or has ended, with its severity, labels and times.
///
/// # Shape
/// Its name, severity and labels identify it; Alertmanager knows them as the labels `alertname`, `severity` and the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    name: String,
    severity: Severity,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    state: AlertState,
    value: Option<f64>,
    active_since: SystemTime,
    starts_at: SystemTime,
    ends_at: Option<SystemTime>,
}

/// The state of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertState {
    /// Its condition holds, but not yet for long enough.
    Pending,
    /// Its condition has held for long enough.
    Firing,
    /// Its condition no longer holds.
    Resolved,
}

impl Alert {
    /// An alert that fires since this time.
    pub fn new(name: impl Into<String>, severity: Severity, since: SystemTime) -> Self {
        Self {
            name: name.into(),
            severity,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            state: AlertState::Firing,
            value: None,
            active_since: since,
            starts_at: since,
            ends_at: None,
        }
    }

    /// Adds a label.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// Adds an annotation, such as `summary` or `runbook_url`.
    #[must_use]
    pub fn annotation(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(name.into(), value.into());
        self
    }

    /// Sets the value that the condition compared.
    #[must_use]
    pub fn with_value(self, value: impl Into<Option<f64>>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// The same alert, resolved at this time.
    #[must_use]
    pub fn resolved(self, at: SystemTime) -> Self {
        Self { state: AlertState::Resolved, ends_at: Some(at), ..self }
    }

    /// The same alert, whose condition does not hold for long enough yet.
    pub(crate) fn pending(self) -> Self {
        Self { state: AlertState::Pending, ends_at: None, ..self }
    }

    /// The same alert without empty labels, which for Prometheus and Alertmanager are absent ones.
    pub(crate) fn without_empty_labels(mut self) -> Self {
        self.labels.retain(|_, value| !value.is_empty());
        self
    }

    /// Its condition holds only since this time.
    pub(crate) fn begin(&mut self, at: SystemTime) {
        self.active_since = at;
        self.starts_at = at;
    }

    /// Its condition has held for long enough at this time.
    pub(crate) fn fire(&mut self, at: SystemTime) {
        self.state = AlertState::Firing;
        self.starts_at = at;
    }

    /// Takes the value and the annotations of a later evaluation.
    pub(crate) fn update(&mut self, later: Self) {
        self.value = later.value;
        self.annotations = later.annotations;
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The severity.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The labels, without `alertname` and `severity`.
    #[must_use]
    pub const fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// The annotations.
    #[must_use]
    pub const fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> AlertState {
        self.state
    }

    /// The value that the condition compared last.
    #[must_use]
    pub const fn value(&self) -> Option<f64> {
        self.value
    }

    /// The time since which its condition holds. It was pending from then until [`starts_at`](Self::starts_at).
    #[must_use]
    pub const fn active_since(&self) -> SystemTime {
        self.active_since
    }

    /// The time at which it began to fire, as Alertmanager gets it; while it is pending, [`active_since`](Self::active_since).
    #[must_use]
    pub const fn starts_at(&self) -> SystemTime {
        self.starts_at
    }

    /// The time at which it was resolved.
    #[must_use]
    pub const fn ends_at(&self) -> Option<SystemTime> {
        self.ends_at
    }

    /// The value of a label, `alertname` and `severity` included.
    pub(crate) fn label_value(&self, label: &str) -> Option<&str> {
        match label {
            "alertname" => Some(&self.name),
            "severity" => Some(self.severity.as_str()),
            other => self.labels.get(other).map(String::as_str),
        }
    }
}

impl AlertState {
    /// `pending`, `firing` or `resolved`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

impl fmt::Display for AlertState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
