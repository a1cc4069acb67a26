use std::time::SystemTime;

use serde::Deserialize;

use crate::alertmanager::silence_matcher::SilenceMatcher;
use crate::rfc3339;

/// A silence of an Alertmanager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertmanagerSilence {
    id: String,
    state: SilenceState,
    matchers: Vec<SilenceMatcher>,
    starts_at: SystemTime,
    ends_at: SystemTime,
    created_by: String,
    comment: String,
}

/// Where a silence is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SilenceState {
    /// It begins later.
    Pending,
    /// It holds notifications back.
    Active,
    /// It has ended. Alertmanager keeps it for some days.
    Expired,
}

/// `gettableSilence` of the API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GettableSilence {
    id: String,
    status: Status,
    matchers: Vec<SilenceMatcher>,
    starts_at: String,
    ends_at: String,
    created_by: String,
    comment: String,
}

#[derive(Deserialize)]
struct Status {
    state: SilenceState,
}

impl TryFrom<GettableSilence> for AlertmanagerSilence {
    type Error = &'static str;

    fn try_from(read: GettableSilence) -> Result<Self, &'static str> {
        let time = |text: &str| rfc3339::parse(text).ok_or("a time of a silence is not RFC 3339");
        Ok(Self {
            starts_at: time(&read.starts_at)?,
            ends_at: time(&read.ends_at)?,
            id: read.id,
            state: read.status.state,
            matchers: read.matchers,
            created_by: read.created_by,
            comment: read.comment,
        })
    }
}

impl AlertmanagerSilence {
    /// The id, by which it [is ended](crate::AlertmanagerClient::expire).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> SilenceState {
        self.state
    }

    /// The conditions, all of which an alert has to meet.
    #[must_use]
    pub fn matchers(&self) -> &[SilenceMatcher] {
        &self.matchers
    }

    /// When it begins.
    #[must_use]
    pub const fn starts_at(&self) -> SystemTime {
        self.starts_at
    }

    /// When it ends.
    #[must_use]
    pub const fn ends_at(&self) -> SystemTime {
        self.ends_at
    }

    /// The author.
    #[must_use]
    pub fn created_by(&self) -> &str {
        &self.created_by
    }

    /// The comment.
    #[must_use]
    pub fn comment(&self) -> &str {
        &self.comment
    }
}
