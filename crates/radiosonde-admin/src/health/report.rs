use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

/// The answer to a probe: the checks and their results.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthReport {
    /// The result of all checks together.
    pub status: HealthStatus,
    /// The checks in the order of their declaration.
    pub checks: Vec<CheckReport>,
}

/// The result of all checks together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthStatus {
    /// No check fails.
    Ok,
    /// A check fails.
    Failing,
    /// The process does not want requests, whatever its checks report: see [`Health::set_ready`](crate::Health::set_ready).
    NotReady,
}

/// The last result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// Its name.
    pub name: Arc<str>,
    /// Why it failed; `None` if it did not.
    pub failure: Option<Arc<str>>,
    /// How long it took.
    pub took: Duration,
    /// How long ago it ended.
    pub age: Duration,
    /// Its score from 0 to 100, rounded down; `None` if checks have no metrics.
    pub score: Option<u8>,
}

impl HealthStatus {
    /// `ok`, `failing` or `not_ready`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failing => "failing",
            Self::NotReady => "not_ready",
        }
    }
}

impl HealthReport {
    pub(crate) fn new(is_ready: bool, checks: Vec<CheckReport>) -> Self {
        let status = match checks.iter().any(|check| check.failure.is_some()) {
            _ if !is_ready => HealthStatus::NotReady,
            true => HealthStatus::Failing,
            false => HealthStatus::Ok,
        };
        Self { status, checks }
    }

    /// Whether a probe gets 200 and not 503.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status == HealthStatus::Ok
    }

    /// As JSON, with the texts of failures or without.
    pub(crate) fn to_json(&self, with_failures: bool) -> String {
        let mut text = format!("{{\"status\":\"{}\",\"checks\":{{", self.status.as_str());
        for (at, check) in self.checks.iter().enumerate() {
            let separator = if at == 0 { "" } else { "," };
            let name = Value::from(&*check.name);
            let status = if check.failure.is_some() { "failing" } else { "ok" };
            let (took, age) = (check.took.as_secs_f64() * 1000.0, check.age.as_millis());
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{separator}{name}:{{\"status\":\"{status}\"");
            let _ = write!(text, ",\"took_ms\":{took:.3},\"age_ms\":{age}");
            if let Some(score) = check.score {
                let _ = write!(text, ",\"score\":{score}");
            }
            if let Some(failure) = check.failure.as_deref().filter(|_| with_failures) {
                let _ = write!(text, ",\"error\":{}", Value::from(failure));
            }
            text.push('}');
        }
        text.push_str("}}\n");
        text
    }
}
