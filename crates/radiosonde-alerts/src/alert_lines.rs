use std::fmt::Write as _;

use radiosonde_signals::Severity;
use tracing::{error, info, warn};

use crate::alert::{Alert, AlertState};
use crate::alert_handler::AlertHandler;

/// Logs each alert that fires or is resolved, as an event of `tracing`.
///
/// # Shape
/// The target is `radiosonde::alert`. An alert that fires is an event at ERROR if it is critical, at WARN if it is a warning, and otherwise at INFO, as
/// is one that is resolved. The fields are `alert`, `state`, `severity`, `value`, `summary`, `runbook_url`, `slo` and all `labels`.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlertLines;

/// An event of one level. The fields have to be constants.
macro_rules! event {
    ($event:ident, $alert:expr) => {
        $event!(
            target: "radiosonde::alert",
            alert = $alert.name(),
            state = $alert.state().as_str(),
            severity = $alert.severity().as_str(),
            slo = $alert.labels().get("slo").map(String::as_str),
            value = $alert.value(),
            summary = $alert.annotations().get("summary").map(String::as_str),
            runbook_url = $alert.annotations().get("runbook_url").map(String::as_str),
            labels = written(&$alert),
            "{} {}",
            $alert.name(),
            $alert.state(),
        )
    };
}

impl AlertHandler for AlertLines {
    fn handle(&self, alert: &Alert) {
        match (alert.state(), alert.severity()) {
            (AlertState::Firing, Severity::Critical) => event!(error, alert),
            (AlertState::Firing, Severity::Warning) => event!(warn, alert),
            _ => event!(info, alert),
        }
    }
}

/// The labels as Prometheus writes them.
fn written(alert: &Alert) -> String {
    let mut text = String::new();
    for (name, value) in alert.labels() {
        let comma = if text.is_empty() { "" } else { "," };
        let _ = write!(text, "{comma}{name}={value:?}");
    }
    text
}
