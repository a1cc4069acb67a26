use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Serialize;

use crate::alert::{Alert, AlertState};
use crate::alert_limit::cut;
use crate::rfc3339;

/// The bytes of a label's value, as in metrics.
const LABEL_BYTES: usize = 1024;
/// The bytes of an annotation.
const ANNOTATION_BYTES: usize = 8 * 1024;

/// An alert in the queue of an Alertmanager.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PostedAlert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    starts_at: SystemTime,
    /// `None` while it fires.
    ends_at: Option<SystemTime>,
}

/// The time at which alerts are sent, and until which they fire unless they are sent again.
#[derive(Debug, Clone, Copy)]
pub(super) struct SendTimes {
    pub(super) now: SystemTime,
    pub(super) valid_until: SystemTime,
}

/// `postableAlert` of the API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostableAlert<'a> {
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    generator_url: Option<&'a str>,
}

impl PostedAlert {
    /// `None` for an alert that is pending, of which Alertmanager does not hear.
    pub(super) fn new(alert: &Alert, external: &BTreeMap<String, String>) -> Option<Self> {
        let ends_at = match alert.state() {
            AlertState::Pending => return None,
            AlertState::Firing => None,
            AlertState::Resolved => Some(alert.ends_at().unwrap_or_else(|| alert.starts_at())),
        };
        let mut labels = external.clone();
        labels.extend(alert.labels().clone());
        labels.insert("alertname".to_owned(), alert.name().to_owned());
        labels.insert("severity".to_owned(), alert.severity().as_str().to_owned());
        // Alertmanager takes a label without a value as absent.
        labels.retain(|_, value| !value.is_empty());
        for value in labels.values_mut() {
            cut(value, LABEL_BYTES);
        }
        let mut annotations = alert.annotations().clone();
        if let Some(value) = alert.value() {
            annotations.entry("value".to_owned()).or_insert_with(|| value.to_string());
        }
        for value in annotations.values_mut() {
            cut(value, ANNOTATION_BYTES);
        }
        Some(Self { labels, annotations, starts_at: alert.starts_at(), ends_at })
    }

    /// Whether no Alertmanager accepts it.
    pub(super) fn has_nameless_label(&self) -> bool {
        self.labels.contains_key("") || self.annotations.contains_key("")
    }

    /// About the memory that it takes.
    pub(super) fn size_in_bytes(&self) -> usize {
        let texts = self.labels.iter().chain(&self.annotations);
        size_of::<Self>() + texts.map(|(name, value)| name.len() + value.len() + 48).sum::<usize>()
    }

    /// As it is sent. Neither its start nor the end of a resolved one lies ahead, as it does after the clock was set back: Alertmanager
    /// would take it as firing until then.
    pub(super) fn postable<'a>(
        &'a self,
        SendTimes { now, valid_until }: SendTimes,
        generator_url: Option<&'a str>,
    ) -> PostableAlert<'a> {
        let starts_at = self.starts_at.min(now);
        // Alertmanager refuses an end before the start.
        let ends_at = self.ends_at.map_or(valid_until, |ends_at| ends_at.min(now)).max(starts_at);
        PostableAlert {
            labels: &self.labels,
            annotations: &self.annotations,
            starts_at: rfc3339::format(starts_at),
            ends_at: rfc3339::format(ends_at),
            generator_url,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use radiosonde_signals::Severity;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn times(now: Duration) -> SendTimes {
        SendTimes { now: UNIX_EPOCH + now, valid_until: UNIX_EPOCH + now + Duration::from_secs(240) }
    }

    fn json(posted: &PostedAlert) -> serde_json::Value {
        serde_json::to_value(posted.postable(times(HOUR), None)).unwrap()
    }

    #[test]
    fn an_alerts_own_labels_win_and_empty_ones_are_left_out() {
        let external = BTreeMap::from(
            [("cluster", "a"), ("team", "x"), ("zone", "1")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let alert = Alert::new("Slow", Severity::Warning, UNIX_EPOCH).label("team", "y").label("zone", "");
        let posted = PostedAlert::new(&alert, &external).unwrap();
        assert_eq!(
            json(&posted)["labels"],
            serde_json::json!({"alertname": "Slow", "severity": "warning", "cluster": "a", "team": "y"})
        );
    }

    #[test]
    fn neither_a_start_nor_the_end_of_a_resolved_alert_lies_ahead() {
        let alert = |starts: Duration| Alert::new("Slow", Severity::Warning, UNIX_EPOCH + starts);
        let sent = |alert: &Alert| {
            let sent = json(&PostedAlert::new(alert, &BTreeMap::new()).unwrap());
            ["startsAt", "endsAt"].map(|time| sent[time].as_str().unwrap()[11..19].to_owned())
        };
        let resolved = |starts, ends| alert(starts).resolved(UNIX_EPOCH + ends);
        // It is 01:00:00.
        assert_eq!(sent(&alert(HOUR / 2)), ["00:30:00", "01:04:00"]);
        assert_eq!(sent(&alert(HOUR * 9)), ["01:00:00", "01:04:00"], "raised while the clock was ahead");
        assert_eq!(sent(&resolved(HOUR / 4, HOUR / 2)), ["00:15:00", "00:30:00"]);
        assert_eq!(sent(&resolved(HOUR / 2, HOUR * 9)), ["00:30:00", "01:00:00"], "resolved meanwhile");
        assert_eq!(sent(&resolved(HOUR * 9, HOUR / 2)), ["01:00:00", "01:00:00"], "no end before the start");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let alert = Alert::new("Slow", Severity::Info, UNIX_EPOCH)
            .label("path", format!("a{}", "ü".repeat(1000)))
            .annotation("description", "ü".repeat(10_000));
        let posted = PostedAlert::new(&alert, &BTreeMap::new()).unwrap();
        assert_eq!((posted.labels["path"].len(), posted.annotations["description"].len()), (1023, 8192));
        assert!((9000..10_000).contains(&posted.size_in_bytes()), "{}", posted.size_in_bytes());
    }

    #[test]
    fn a_label_without_a_name_is_found() {
        let alert = || Alert::new("Slow", Severity::Info, UNIX_EPOCH);
        let is_nameless =
            |alert: Alert| PostedAlert::new(&alert, &BTreeMap::new()).unwrap().has_nameless_label();
        assert!(is_nameless(alert().label("", "x")) && is_nameless(alert().annotation("", "x")));
        assert!(!is_nameless(alert().label("a", "x")));
    }
}
