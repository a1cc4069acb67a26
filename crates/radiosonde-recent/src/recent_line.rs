use std::time::SystemTime;

use radiosonde_core::{Level, SpanContext, SpanId, TraceId};

use crate::ring::{Facts, Part, Stored};

/// A copy of a line that [`RecentLines`](crate::RecentLines) keeps.
#[derive(Debug, Clone)]
pub struct RecentLine {
    text: Box<str>,
    facts: Facts,
}

impl RecentLine {
    pub(crate) fn of(stored: &Stored<'_>) -> Self {
        Self { text: stored.text().into(), facts: *stored.facts }
    }

    fn part(&self, part: Part) -> &str {
        self.text.get(self.facts.layout.range(part)).unwrap_or_default()
    }

    fn id(&self, part: Part) -> Option<&str> {
        Some(self.part(part)).filter(|id| !id.is_empty())
    }

    /// The JSON object, without a line feed.
    #[must_use]
    pub fn json(&self) -> &str {
        self.part(Part::Json)
    }

    /// When the event happened.
    #[must_use]
    pub const fn timestamp(&self) -> SystemTime {
        self.facts.timestamp
    }

    /// The line's level.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.facts.level
    }

    /// The event's target.
    #[must_use]
    pub fn target(&self) -> &str {
        self.part(Part::Target)
    }

    /// The service that logged the line.
    #[must_use]
    pub fn service(&self) -> &str {
        self.part(Part::Service)
    }

    /// The message, not escaped.
    #[must_use]
    pub fn message(&self) -> &str {
        self.part(Part::Message)
    }

    /// The context of the event's span.
    #[must_use]
    pub const fn context(&self) -> Option<SpanContext> {
        self.facts.context
    }

    /// The trace that the event belongs to.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.context().map(|context| context.trace_id())
    }

    /// The span that the event belongs to.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        self.context().map(|context| context.span_id())
    }

    /// The `correlation_id` of the event or a span around it; `None` if it is empty.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.id(Part::CorrelationId)
    }

    /// The `request_id` of the event or a span around it; `None` if it is empty.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.id(Part::RequestId)
    }

    /// The `user_id` of the event or a span around it; `None` if it is empty.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.id(Part::UserId)
    }
}
