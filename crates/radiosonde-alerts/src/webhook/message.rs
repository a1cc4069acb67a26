use std::collections::BTreeMap;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use radiosonde_signals::Severity;
use serde::{Deserialize, Deserializer, de};

use crate::alert::AlertState;
use crate::rfc3339;

/// The only version that there is, since 2016.
const VERSION: &str = "4";

/// A group of alerts, as Alertmanager sends it to a webhook. Unknown fields are ignored.
///
/// ```
/// use radiosonde_alerts::{AlertState, Severity, WebhookMessage};
///
/// let message = WebhookMessage::parse(br#"{
///     "version": "4", "groupKey": "{}:{alertname=\"Down\"}", "truncatedAlerts": 0, "status": "firing", "receiver": "page",
///     "groupLabels": {"alertname": "Down"}, "commonLabels": {"alertname": "Down", "severity": "critical"},
///     "commonAnnotations": {}, "externalURL": "http://alertmanager:9093", "alerts": [{
///         "status": "firing", "labels": {"alertname": "Down", "severity": "critical"}, "annotations": {},
///         "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": "c2b1"
///     }]
/// }"#)?;
/// assert_eq!((message.status, message.alerts[0].severity()), (AlertState::Firing, Severity::Critical));
///
/// let error = WebhookMessage::parse(br#"{"version":"4"}"#).unwrap_err();
/// assert_eq!(error.to_string(), "invalid webhook message: missing field `groupKey` at line 1 column 15");
/// # Ok::<(), radiosonde_alerts::InvalidWebhookMessage>(())
/// ```
///
/// # Source
/// <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WebhookMessage {
    /// `4`.
    #[serde(deserialize_with = "version")]
    pub version: String,
    /// Identifies the group: the same for all messages about it.
    pub group_key: String,
    /// The number of alerts that were left out, by `max_alerts` of the receiver.
    #[serde(default)]
    pub truncated_alerts: u64,
    /// Firing if at least one of the alerts fires.
    #[serde(deserialize_with = "state")]
    pub status: AlertState,
    /// The receiver's name in the configuration of Alertmanager.
    pub receiver: String,
    /// The labels that the group is made by.
    pub group_labels: BTreeMap<String, String>,
    /// The labels that all alerts have.
    pub common_labels: BTreeMap<String, String>,
    /// The annotations that all alerts have.
    pub common_annotations: BTreeMap<String, String>,
    /// Alertmanager's address.
    #[serde(rename = "externalURL")]
    pub external_url: String,
    /// The alerts.
    pub alerts: Vec<WebhookAlert>,
}

/// An alert of a [`WebhookMessage`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WebhookAlert {
    /// Firing or resolved.
    #[serde(deserialize_with = "state")]
    pub status: AlertState,
    /// The labels, `alertname` and `severity` included.
    pub labels: BTreeMap<String, String>,
    /// The annotations, such as `summary` and `runbook_url`.
    pub annotations: BTreeMap<String, String>,
    /// Since when it fires.
    #[serde(deserialize_with = "time")]
    pub starts_at: SystemTime,
    /// When it was resolved; `None` while it fires.
    #[serde(deserialize_with = "time_or_zero")]
    pub ends_at: Option<SystemTime>,
    /// The page of its source; may be empty.
    #[serde(rename = "generatorURL")]
    pub generator_url: String,
    /// Identifies its labels. With [`starts_at`](Self::starts_at) it identifies the alert: messages are repeated.
    pub fingerprint: String,
}

impl WebhookMessage {
    /// Reads the body of a webhook.
    ///
    /// # Errors
    /// [`InvalidWebhookMessage`] if it is not JSON, a field is missing or has another type, or it has another version than 4.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidWebhookMessage> {
        serde_json::from_slice(body).map_err(|cause| InvalidWebhookMessage { cause })
    }
}

impl WebhookAlert {
    /// The label `alertname`; may be empty.
    #[must_use]
    pub fn name(&self) -> &str {
        self.labels.get("alertname").map_or("", String::as_str)
    }

    /// The label `severity`: critical or info, and warning if it is missing or anything else.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self.labels.get("severity").map(String::as_str) {
            Some("critical") => Severity::Critical,
            Some("info") => Severity::Info,
            _ => Severity::Warning,
        }
    }
}

/// A body that is not a webhook of Alertmanager.
#[derive(Debug)]
pub struct InvalidWebhookMessage {
    cause: serde_json::Error,
}

impl fmt::Display for InvalidWebhookMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The cause stands here and not in `source`: it is the whole message, and no foreign type leaves.
        write!(f, "invalid webhook message: {}", self.cause)
    }
}

impl std::error::Error for InvalidWebhookMessage {}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let version = String::deserialize(deserializer)?;
    if version == VERSION { Ok(version) } else { Err(unexpected(&version, "version", "\"4\"")) }
}

fn state<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AlertState, D::Error> {
    let state = String::deserialize(deserializer)?;
    match state.as_str() {
        "firing" => Ok(AlertState::Firing),
        "resolved" => Ok(AlertState::Resolved),
        _ => Err(unexpected(&state, "status", "\"firing\" or \"resolved\"")),
    }
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    rfc3339::parse(&text).ok_or_else(|| unexpected(&text, "time", "RFC 3339"))
}

/// Go's zero time is the year 1.
fn time_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    time(deserializer).map(|time| Some(time).filter(|time| *time > UNIX_EPOCH))
}

fn unexpected<E: de::Error>(value: &str, what: &str, expected: &str) -> E {
    let shown: String = value.chars().take(64).collect();
    E::custom(format_args!("invalid {what} {shown:?}: expected {expected}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn message() -> serde_json::Value {
        serde_json::json!({
            "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 3, "status": "resolved", "receiver": "page",
            "groupLabels": {}, "commonLabels": {"a": "b"}, "commonAnnotations": {"c": "d"}, "externalURL": "http://am",
            "alerts": [{
                "status": "resolved", "labels": {"alertname": "Down"}, "annotations": {}, "startsAt": "2026-01-01T00:00:00Z",
                "endsAt": "2026-01-01T00:01:00.5Z", "generatorURL": "", "fingerprint": "c2b1", "tomorrow": [{}],
            }],
            "tomorrow": {"x": null},
        })
    }

    fn error_of(change: impl FnOnce(&mut serde_json::Value)) -> String {
        let mut message = message();
        change(&mut message);
        WebhookMessage::parse(message.to_string().as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn unknown_fields_are_accepted_and_known_ones_are_read() {
        let read = WebhookMessage::parse(message().to_string().as_bytes()).unwrap();
        assert_eq!((read.truncated_alerts, read.status, &*read.receiver), (3, AlertState::Resolved, "page"));
        let alert = &read.alerts[0];
        let took = alert.ends_at.unwrap().duration_since(alert.starts_at).unwrap();
        assert_eq!((alert.name(), took), ("Down", Duration::from_millis(60_500)));
    }

    #[test]
    fn a_missing_field_is_named() {
        for field in [
            "version", "groupKey", "status", "receiver", "groupLabels", "commonLabels", "commonAnnotations",
            "externalURL", "alerts",
        ] {
            let error = error_of(|message| drop(message.as_object_mut().unwrap().remove(field)));
            assert!(error.contains(&format!("missing field `{field}`")), "{error}");
        }
        for field in ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"]
        {
            let error = error_of(|message| drop(message["alerts"][0].as_object_mut().unwrap().remove(field)));
            assert!(error.contains(&format!("missing field `{field}`")), "{error}");
        }
        // Alertmanager before 0.20.
        let mut old = message();
        old.as_object_mut().unwrap().remove("truncatedAlerts");
        assert_eq!(WebhookMessage::parse(old.to_string().as_bytes()).unwrap().truncated_alerts, 0);
    }

    #[test]
    fn a_value_that_is_not_understood_is_quoted_with_what_is_expected() {
        let error = error_of(|message| message["version"] = "5".into());
        assert!(error.contains("invalid version \"5\": expected \"4\""), "{error}");
        let error = error_of(|message| message["alerts"][0]["status"] = "pending".into());
        assert!(error.contains("invalid status \"pending\": expected \"firing\" or \"resolved\""), "{error}");
        let error = error_of(|message| message["alerts"][0]["startsAt"] = "x".repeat(1000).into());
        assert!(error.contains("expected RFC 3339") && error.len() < 200, "{error}");
    }

    #[test]
    fn a_severity_that_is_unknown_or_missing_is_a_warning() {
        let mut alert = WebhookMessage::parse(message().to_string().as_bytes()).unwrap().alerts.remove(0);
        let mut severity = |label: &str| {
            alert.labels.insert("severity".to_owned(), label.to_owned());
            alert.severity()
        };
        assert_eq!(severity("critical"), Severity::Critical);
        assert_eq!((severity("warning"), severity("page")), (Severity::Warning, Severity::Warning));
        assert_eq!(severity("info"), Severity::Info);
        alert.labels.clear();
        assert_eq!((alert.severity(), alert.name()), (Severity::Warning, ""));
    }
}
