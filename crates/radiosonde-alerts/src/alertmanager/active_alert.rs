use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Deserialize;

use crate::rfc3339;

/// An alert that fires in an Alertmanager, sent by any process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveAlert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    starts_at: SystemTime,
    silenced_by: Vec<String>,
    inhibited_by: Vec<String>,
    receivers: Vec<String>,
}

/// `gettableAlert` of the API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GettableAlert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    starts_at: String,
    status: Status,
    receivers: Vec<Receiver>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    silenced_by: Vec<String>,
    inhibited_by: Vec<String>,
}

#[derive(Deserialize)]
struct Receiver {
    name: String,
}

impl TryFrom<GettableAlert> for ActiveAlert {
    type Error = &'static str;

    fn try_from(read: GettableAlert) -> Result<Self, &'static str> {
        Ok(Self {
            starts_at: rfc3339::parse(&read.starts_at).ok_or("a time of an alert is not RFC 3339")?,
            labels: read.labels,
            annotations: read.annotations,
            silenced_by: read.status.silenced_by,
            inhibited_by: read.status.inhibited_by,
            receivers: read.receivers.into_iter().map(|receiver| receiver.name).collect(),
        })
    }
}

impl ActiveAlert {
    /// The label `alertname`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.labels.get("alertname").map_or("", String::as_str)
    }

    /// The labels, `alertname` and `severity` included.
    #[must_use]
    pub const fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// The annotations.
    #[must_use]
    pub const fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }

    /// Since when it fires.
    #[must_use]
    pub const fn starts_at(&self) -> SystemTime {
        self.starts_at
    }

    /// The ids of the silences that hold it back.
    #[must_use]
    pub fn silenced_by(&self) -> &[String] {
        &self.silenced_by
    }

    /// The fingerprints of the alerts that inhibit it.
    #[must_use]
    pub fn inhibited_by(&self) -> &[String] {
        &self.inhibited_by
    }

    /// The names of the receivers that it is routed to.
    #[must_use]
    pub fn receivers(&self) -> &[String] {
        &self.receivers
    }
}
