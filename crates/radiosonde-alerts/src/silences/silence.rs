use std::time::{Duration, SystemTime};

use crate::alert::Alert;

/// Keeps new alerts from handlers until a time; their state is not touched.
///
/// # Shape
/// An alert is silenced if all matchers match its labels, `alertname` and `severity` included; an absent label is an empty one. Handlers that got
/// an alert before still get its repetitions, without which a receiver would take it for resolved, and that it is resolved.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_alerts::Silence;
///
/// let maintenance = Silence::lasting(Duration::from_secs(3600))
///     .equal("alertname", "DevicesOffline")
///     .not_equal("site", "amsterdam")
///     .author("ops")
///     .comment("Firmware update of all other sites.");
/// ```
#[must_use = "a silence begins by `AlertEngine::silence`"]
#[derive(Debug, Clone, PartialEq)]
pub struct Silence {
    end: End,
    matchers: Vec<Matcher>,
    author: String,
    comment: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum End {
    At(SystemTime),
    After(Duration),
}

/// What a silence asks of one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Matcher {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) is_equal: bool,
}

impl Matcher {
    fn matches(&self, alert: &Alert) -> bool {
        (alert.label_value(&self.label).unwrap_or_default() == self.value) == self.is_equal
    }
}

impl Silence {
    /// A silence that ends at this time.
    pub const fn until(end: SystemTime) -> Self {
        Self::new(End::At(end))
    }

    /// A silence that ends after this time, measured by the monotonic clock: a step of the wall clock makes it neither longer nor shorter.
    pub const fn lasting(duration: Duration) -> Self {
        Self::new(End::After(duration))
    }

    const fn new(end: End) -> Self {
        Self { end, matchers: Vec::new(), author: String::new(), comment: String::new() }
    }

    /// Only alerts whose label has this value.
    pub fn equal(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.matching(label.into(), value.into(), true)
    }

    /// Only alerts whose label does not have this value.
    pub fn not_equal(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.matching(label.into(), value.into(), false)
    }

    fn matching(mut self, label: String, value: String, is_equal: bool) -> Self {
        self.matchers.push(Matcher { label, value, is_equal });
        self
    }

    /// The person or program that asks for it.
    pub fn author(self, author: impl Into<String>) -> Self {
        Self { author: author.into(), ..self }
    }

    /// Why.
    pub fn comment(self, comment: impl Into<String>) -> Self {
        Self { comment: comment.into(), ..self }
    }

    /// Whether it matches an alert.
    #[must_use]
    pub fn matches(&self, alert: &Alert) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(alert))
    }

    pub(crate) const fn end(&self) -> End {
        self.end
    }

    pub(crate) fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// The person or program that asked for it.
    #[must_use]
    pub fn asked_by(&self) -> &str {
        &self.author
    }

    /// Why it was asked for.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.comment
    }

    pub(crate) fn ending(self, at: SystemTime) -> Self {
        Self { end: End::At(at), ..self }
    }
}
