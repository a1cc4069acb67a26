use std::borrow::Cow;
use std::time::SystemTime;

use radiosonde_core::{SpanContext, SpanId};

use crate::propagation::remote_context::RemoteContext;
use crate::propagation::trace_state::TraceState;
use crate::spans::attribute::{Attribute, AttributeValue};

/// The parts of a span that has ended: [`EncodedSpan`](crate::EncodedSpan) decoded, for consoles and tests.
///
/// # Shape
/// Plain data. Keys of
/// [`attributes`](Self::attributes) are unique: the last value set wins. `start` is never after `end`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FinishedSpan {
    /// The span's own ids and flags; always sampled.
    pub context: SpanContext,
    /// The parent span; `None` for the root of a trace.
    pub parent: Option<SpanId>,
    /// Whether the parent belongs to another process.
    pub parent_is_remote: bool,
    /// The trace state received with the trace.
    pub trace_state: TraceState,
    /// The name of the work, with low cardinality: `GET /orders/{id}`.
    pub name: Cow<'static, str>,
    /// The span's role in a hop.
    pub kind: SpanKind,
    /// When the span began.
    pub start: SystemTime,
    /// When the span ended: with its record, see [`SpanEnder`](radiosonde_core::SpanEnder); otherwise at its last exit, or
    /// at its close if it was never entered.
    pub end: SystemTime,
    /// The attributes of the span.
    pub attributes: Vec<Attribute>,
    /// Number of attributes dropped beyond the limit.
    pub dropped_attributes: u32,
    /// Events within the span.
    pub events: Vec<SpanEvent>,
    /// Number of events dropped beyond the limit.
    pub dropped_events: u32,
    /// Links to other spans.
    pub links: Vec<SpanLink>,
    /// Number of links dropped beyond the limit.
    pub dropped_links: u32,
    /// The outcome.
    pub status: SpanStatus,
    /// The instrumentation scope: `radiosonde` for spans from `tracing`.
    pub scope: Cow<'static, str>,
}

impl FinishedSpan {
    /// A span of zero length with only a name, to be filled in by tests of sinks.
    pub fn new(context: SpanContext, name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            context,
            parent: None,
            parent_is_remote: false,
            trace_state: TraceState::default(),
            name: name.into(),
            kind: SpanKind::Internal,
            start: SystemTime::UNIX_EPOCH,
            end: SystemTime::UNIX_EPOCH,
            attributes: Vec::new(),
            dropped_attributes: 0,
            events: Vec::new(),
            dropped_events: 0,
            links: Vec::new(),
            dropped_links: 0,
            status: SpanStatus::Unset,
            scope: Cow::Borrowed(SCOPE),
        }
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&AttributeValue> {
        self.attributes.iter().find(|attribute| attribute.key == key).map(|attribute| &attribute.value)
    }
}

/// A span's role in a hop from one service to another.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/trace/api/#spankind>; exhaustive there, hence exhaustive here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SpanKind {
    /// Work within the service.
    #[default]
    Internal,
    /// Answers a request.
    Server,
    /// Sends a request and waits for the answer.
    Client,
    /// Sends a message without waiting for a reply.
    Producer,
    /// Processes a message.
    Consumer,
}

/// How a span ended.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/trace/api/#set-status>; exhaustive there, hence exhaustive here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SpanStatus {
    /// No status was set.
    #[default]
    Unset,
    /// The application marked it as successful.
    Ok,
    /// It failed.
    Error {
        /// The reason; may be empty.
        description: Cow<'static, str>,
    },
}

/// An event within a span.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SpanEvent {
    /// The event's message, or `exception`.
    pub name: Cow<'static, str>,
    /// When it happened.
    pub timestamp: SystemTime,
    /// The event's attributes, including `level` and `target`.
    pub attributes: Vec<Attribute>,
    /// Number of attributes dropped beyond the limit.
    pub dropped_attributes: u32,
}

impl SpanEvent {
    /// Creates an event without attributes.
    pub fn new(name: impl Into<Cow<'static, str>>, timestamp: SystemTime) -> Self {
        Self { name: name.into(), timestamp, attributes: Vec::new(), dropped_attributes: 0 }
    }
}

/// A link to another span, in the same or another trace.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SpanLink {
    /// The linked span.
    pub context: SpanContext,
    /// The trace state of the linked trace.
    pub trace_state: TraceState,
    /// Attributes of the link.
    pub attributes: Vec<Attribute>,
    /// Number of attributes dropped beyond the limit.
    pub dropped_attributes: u32,
}

impl SpanLink {
    /// Creates a link to a span of this or another process, without attributes.
    #[must_use]
    pub fn to(context: &RemoteContext) -> Self {
        Self { trace_state: context.trace_state().clone(), ..Self::new(context.context()) }
    }

    /// Creates a link without attributes.
    #[must_use]
    pub fn new(context: SpanContext) -> Self {
        Self { context, trace_state: TraceState::default(), attributes: Vec::new(), dropped_attributes: 0 }
    }
}

/// The instrumentation scope of spans from `tracing`.
pub(crate) const SCOPE: &str = "radiosonde";

/// Nanoseconds since 1970, as OTLP counts time; zero for an earlier time.
pub(crate) fn nanoseconds(at: SystemTime) -> u64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
