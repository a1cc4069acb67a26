use std::borrow::Cow;
use std::time::SystemTime;

use radiosonde_core::{SpanContext, SpanId};

use crate::attribute::{Attribute, AttributeValue};
use crate::trace_state::TraceState;

/// A span that has ended and waits to be delivered.
///
/// # Shape
/// Plain data and no type of OpenTelemetry's SDK, so that sinks outlive whatever makes the spans. Keys of
/// [`attributes`](Self::attributes) are unique: the last value set wins. `start` is never after `end`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FinishedSpan {
    /// The span's own ids and flags; always sampled.
    pub context: SpanContext,
    /// The span it is part of; `None` for the root of a trace.
    pub parent: Option<SpanId>,
    /// Whether the parent lives in another process.
    pub parent_is_remote: bool,
    /// The trace state that came with the trace.
    pub trace_state: TraceState,
    /// What was done: low cardinality, `GET /orders/{id}`.
    pub name: Cow<'static, str>,
    /// The span's role in a hop.
    pub kind: SpanKind,
    /// When it began.
    pub start: SystemTime,
    /// When it ended: as its record did, see [`SpanEnder`](radiosonde_core::SpanEnder); else the last exit, or the close of a span that was never entered.
    pub end: SystemTime,
    /// What is known about it.
    pub attributes: Vec<Attribute>,
    /// How many attributes were beyond the limit.
    pub dropped_attributes: u32,
    /// What happened within it.
    pub events: Vec<SpanEvent>,
    /// How many events were beyond the limit.
    pub dropped_events: u32,
    /// Other spans it has to do with.
    pub links: Vec<SpanLink>,
    /// How many links were beyond the limit.
    pub dropped_links: u32,
    /// How it ended.
    pub status: SpanStatus,
    /// The library that made the span: `radiosonde` for those that come from `tracing`.
    pub scope: Cow<'static, str>,
}

impl FinishedSpan {
    /// A span of no length with a name and nothing else, to be filled in: for tests of sinks.
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
/// <https://opentelemetry.io/docs/specs/otel/trace/api/#spankind>; closed there, hence closed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SpanKind {
    /// Work within the service.
    #[default]
    Internal,
    /// Answers a request.
    Server,
    /// Sends a request and waits for the answer.
    Client,
    /// Sends a message and does not wait.
    Producer,
    /// Works on a message.
    Consumer,
}

/// How a span ended.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/trace/api/#set-status>; closed there, hence closed here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SpanStatus {
    /// Nobody said.
    #[default]
    Unset,
    /// Somebody vouches for it.
    Ok,
    /// It failed.
    Error {
        /// Why; may be empty.
        description: Cow<'static, str>,
    },
}

/// Something that happened within a span.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SpanEvent {
    /// The event's message, or `exception`.
    pub name: Cow<'static, str>,
    /// When.
    pub timestamp: SystemTime,
    /// What is known about it, `level` and `target` among it.
    pub attributes: Vec<Attribute>,
    /// How many attributes were beyond the limit.
    pub dropped_attributes: u32,
}

impl SpanEvent {
    /// An event without attributes.
    pub fn new(name: impl Into<Cow<'static, str>>, timestamp: SystemTime) -> Self {
        Self { name: name.into(), timestamp, attributes: Vec::new(), dropped_attributes: 0 }
    }
}

/// Another span that a span has to do with, in whatever trace.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SpanLink {
    /// The other span.
    pub context: SpanContext,
    /// The other trace's state.
    pub trace_state: TraceState,
    /// What is known about the relation.
    pub attributes: Vec<Attribute>,
    /// How many attributes were beyond the limit.
    pub dropped_attributes: u32,
}

impl SpanLink {
    /// A link without attributes.
    #[must_use]
    pub fn new(context: SpanContext) -> Self {
        Self { context, trace_state: TraceState::default(), attributes: Vec::new(), dropped_attributes: 0 }
    }
}

/// The instrumentation scope of spans that come from `tracing`.
pub(crate) const SCOPE: &str = "radiosonde";
