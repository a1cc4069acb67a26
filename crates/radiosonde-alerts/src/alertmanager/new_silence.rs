use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::alertmanager::silence_matcher::SilenceMatcher;
use crate::rfc3339;

/// A silence to be created: alerts that match all its matchers notify no receiver until it ends.
///
/// Alertmanager refuses one without matchers, and one whose matchers all match an empty value.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_alerts::{NewSilence, SilenceMatcher};
///
/// let silence = NewSilence::new(Duration::from_secs(1800), "deployment of orders")
///     .created_by("ann")
///     .matching(SilenceMatcher::equal("service", "orders"))
///     .matching(SilenceMatcher::not_equal("severity", "critical"));
/// # let _ = silence;
/// ```
#[must_use]
#[derive(Debug, Clone)]
pub struct NewSilence {
    lasts: Duration,
    comment: String,
    created_by: String,
    matchers: Vec<SilenceMatcher>,
}

/// `postableSilence` of the API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostableSilence<'a> {
    matchers: &'a [SilenceMatcher],
    starts_at: String,
    ends_at: String,
    created_by: &'a str,
    comment: &'a str,
}

impl NewSilence {
    /// Begins when it is created and lasts for this long.
    pub fn new(lasts: Duration, comment: impl Into<String>) -> Self {
        Self { lasts, comment: comment.into(), created_by: "radiosonde".to_owned(), matchers: Vec::new() }
    }

    /// The author. Default: `radiosonde`.
    pub fn created_by(mut self, author: impl Into<String>) -> Self {
        self.created_by = author.into();
        self
    }

    /// Adds a matcher. All of them have to match.
    pub fn matching(mut self, matcher: SilenceMatcher) -> Self {
        self.matchers.push(matcher);
        self
    }

    /// The body of the request.
    pub(super) fn to_json(&self, now: SystemTime) -> serde_json::Result<Vec<u8>> {
        let ends_at = now.checked_add(self.lasts).unwrap_or(now);
        serde_json::to_vec(&PostableSilence {
            matchers: &self.matchers,
            starts_at: rfc3339::format(now),
            ends_at: rfc3339::format(ends_at),
            created_by: &self.created_by,
            comment: &self.comment,
        })
    }
}
