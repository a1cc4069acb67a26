use std::collections::BTreeMap;

use radiosonde_signals::Severity;

use crate::alert::Alert;

/// The identity of an alert: its name, severity and labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AlertKey {
    name: String,
    severity: Severity,
    labels: BTreeMap<String, String>,
}

impl AlertKey {
    pub(crate) fn of(alert: &Alert) -> Self {
        let labels = alert.labels().clone();
        Self { name: alert.name().to_owned(), severity: alert.severity(), labels }
    }
}
