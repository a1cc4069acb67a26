use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use radiosonde_signals::Severity;

/// Something that is wrong, or was.
///
/// # Shape
/// Its name and labels identify it; Alertmanager knows them as `alertname` and the other labels, of which `severity` is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    name: String,
    severity: Severity,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    state: AlertState,
    value: Option<f64>,
    starts_at: SystemTime,
    ends_at: Option<SystemTime>,
}

/// Where an alert is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

    /// Since when its condition holds.
    #[must_use]
    pub const fn starts_at(&self) -> SystemTime {
        self.starts_at
    }

    /// When it was resolved.
    #[must_use]
    pub const fn ends_at(&self) -> Option<SystemTime> {
        self.ends_at
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
