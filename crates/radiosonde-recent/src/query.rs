use std::time::SystemTime;

use radiosonde_core::{Level, TraceId};

use crate::ring::{Part, Stored};

/// Conditions on recent lines. Without a condition, every line matches.
///
/// ```
/// use radiosonde_core::Level;
/// use radiosonde_recent::RecentQuery;
///
/// let query = RecentQuery::new().min_level(Level::Warn).target("orders").contains("timeout").limit(50);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct RecentQuery {
    min_level: Option<Level>,
    target: Option<String>,
    service: Option<String>,
    trace_id: Option<TraceId>,
    since: Option<SystemTime>,
    until: Option<SystemTime>,
    contains: Option<String>,
    limit: Option<usize>,
}

impl RecentQuery {
    /// Matches all lines.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only lines of this level and above.
    pub const fn min_level(mut self, level: Level) -> Self {
        self.min_level = Some(level);
        self
    }

    /// Only lines whose target starts with `prefix`.
    pub fn target(mut self, prefix: impl Into<String>) -> Self {
        self.target = Some(prefix.into());
        self
    }

    /// Only lines of this service.
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// Only lines of this trace.
    pub const fn trace_id(mut self, trace_id: TraceId) -> Self {
        self.trace_id = Some(trace_id);
        self
    }

    /// Only lines at this time or later.
    pub const fn since(mut self, time: SystemTime) -> Self {
        self.since = Some(time);
        self
    }

    /// Only lines before this time.
    pub const fn until(mut self, time: SystemTime) -> Self {
        self.until = Some(time);
        self
    }

    /// Only lines whose message or JSON contains this text, case-sensitive.
    pub fn contains(mut self, text: impl Into<String>) -> Self {
        self.contains = Some(text.into());
        self
    }

    /// Only the newest `lines` lines that match.
    pub const fn limit(mut self, lines: usize) -> Self {
        self.limit = Some(lines);
        self
    }

    pub(crate) fn most(&self) -> usize {
        self.limit.unwrap_or(usize::MAX)
    }

    // Cheap conditions first.
    pub(crate) fn takes(&self, line: &Stored<'_>) -> bool {
        let facts = line.facts;
        self.min_level.is_none_or(|level| facts.level >= level)
            && self.since.is_none_or(|since| facts.timestamp >= since)
            && self.until.is_none_or(|until| facts.timestamp < until)
            && self.trace_id.is_none_or(|id| facts.context.is_some_and(|context| context.trace_id() == id))
            && self.service.as_deref().is_none_or(|service| line.part(Part::Service) == service)
            && self.target.as_deref().is_none_or(|prefix| line.part(Part::Target).starts_with(prefix))
            && self.contains.as_deref().is_none_or(|text| {
                line.part(Part::Message).contains(text) || line.part(Part::Json).contains(text)
            })
    }
}
