use std::sync::Arc;
use std::time::{Duration, SystemTime};

use radiosonde_core::{Level, SpanContext, SpanId, TraceId};
use radiosonde_queue::Rank;

use crate::events::target::{is_audit, rank};
use crate::rendering::fields::Fields;
use crate::schemas::schema::Schema;
use crate::writing::attributes::Attributes;
use crate::writing::watched;

/// A destination of finished lines, such as the Loki push, OTLP logs or a test.
///
/// [`accept`](Self::accept) is called on the thread that logs, once per line. It must not block: queue the line and return.
/// It counts the lines that it cannot accept itself. Events that it emits are dropped and counted; a panic in it is caught
/// and counted.
pub trait LineSink: Send + Sync + 'static {
    /// Accepts one line, which is borrowed only for the call.
    fn accept(&self, line: &Line<'_>);

    /// Waits until earlier lines are delivered or given up, at most this long; false if some are still pending.
    ///
    /// Called after a line at FATAL, by [`LogHandle`](crate::LogHandle), and when the layer is dropped, possibly
    /// concurrently with [`accept`](Self::accept) on other threads. A sink that keeps no lines need not wait.
    fn flush(&self, deadline: Duration) -> bool {
        let _ = deadline;
        true
    }
}

impl<S: LineSink + ?Sized> LineSink for Arc<S> {
    fn accept(&self, line: &Line<'_>) {
        (**self).accept(line);
    }

    fn flush(&self, deadline: Duration) -> bool {
        (**self).flush(deadline)
    }
}

impl<S: LineSink + ?Sized> LineSink for Box<S> {
    fn accept(&self, line: &Line<'_>) {
        (**self).accept(line);
    }

    fn flush(&self, deadline: Duration) -> bool {
        (**self).flush(deadline)
    }
}

/// A finished log line, with the properties by which a store indexes it.
///
/// ```
/// use std::time::SystemTime;
/// use radiosonde_core::Level;
/// use radiosonde_log::Line;
///
/// let line = Line::new(r#"{"message":"paid"}"#, SystemTime::UNIX_EPOCH, Level::Info).with_request_id("r-1");
/// assert_eq!(line.json(), r#"{"message":"paid"}"#);
/// assert_eq!(line.request_id(), Some("r-1"));
/// assert_eq!(line.trace_id(), None);
/// ```
#[must_use]
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    json: &'a str,
    timestamp: SystemTime,
    level: Level,
    target: &'a str,
    service: &'a str,
    message: &'a str,
    fields: Option<(&'a Fields, &'a Schema)>,
    context: Option<SpanContext>,
    correlation_id: Option<&'a str>,
    request_id: Option<&'a str>,
    user_id: Option<&'a str>,
}

impl<'a> Line<'a> {
    /// A line without ids. `json` is one JSON object without a line feed.
    pub const fn new(json: &'a str, timestamp: SystemTime, level: Level) -> Self {
        Self {
            json,
            timestamp,
            level,
            target: "",
            service: "",
            message: "",
            fields: None,
            context: None,
            correlation_id: None,
            request_id: None,
            user_id: None,
        }
    }

    /// The same line with a target.
    pub const fn with_target(mut self, target: &'a str) -> Self {
        self.target = target;
        self
    }

    /// The same line with the name of the service that logs.
    pub const fn with_service(mut self, service: &'a str) -> Self {
        self.service = service;
        self
    }

    /// The same line with a message.
    pub const fn with_message(mut self, message: &'a str) -> Self {
        self.message = message;
        self
    }

    pub(crate) const fn with_fields(mut self, fields: &'a Fields, schema: &'a Schema) -> Self {
        self.fields = Some((fields, schema));
        self
    }

    /// The same line with the context of its span.
    pub const fn with_context(mut self, context: SpanContext) -> Self {
        self.context = Some(context);
        self
    }

    /// The same line with a correlation id.
    pub const fn with_correlation_id(mut self, correlation_id: &'a str) -> Self {
        self.correlation_id = Some(correlation_id);
        self
    }

    /// The same line with a request id.
    pub const fn with_request_id(mut self, request_id: &'a str) -> Self {
        self.request_id = Some(request_id);
        self
    }

    /// The same line with a user id.
    pub const fn with_user_id(mut self, user_id: &'a str) -> Self {
        self.user_id = Some(user_id);
        self
    }

    /// The JSON object, without a line feed at its end or anywhere in it.
    #[must_use]
    pub const fn json(&self) -> &'a str {
        self.json
    }

    /// When the event happened, at the clock's precision; the line itself may be less precise.
    #[must_use]
    pub const fn timestamp(&self) -> SystemTime {
        self.timestamp
    }

    /// The line's level.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The event's target, which is `module` in the line; empty if not set.
    #[must_use]
    pub const fn target(&self) -> &'a str {
        self.target
    }

    /// The rank in a bounded queue; an audit line is reserved.
    #[must_use]
    pub fn rank(&self) -> Rank {
        rank(self.level, self.target)
    }

    /// Whether the line is an audit line: its target is `radiosonde::audit` or below. A sink drops such lines last.
    #[must_use]
    pub fn is_audit(&self) -> bool {
        is_audit(self.target)
    }

    /// Reports that the line has left the process.
    ///
    /// For a sink that sends within [`accept`](LineSink::accept): the panic hook then knows that a panic's line is written,
    /// and does not print the panic as well.
    pub fn mark_written(&self) {
        watched::written();
    }

    /// The service that logs; empty if not set.
    #[must_use]
    pub const fn service(&self) -> &'a str {
        self.service
    }

    /// The message, not escaped; empty if not set. It may be complete even if the line was truncated.
    #[must_use]
    pub const fn message(&self) -> &'a str {
        self.message
    }

    /// The fields of the line except its message; empty for a line created by [`Line::new`].
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::of(self.fields)
    }

    /// The context of the event's span.
    #[must_use]
    pub const fn context(&self) -> Option<SpanContext> {
        self.context
    }

    /// The trace that the event belongs to.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.context.map(|context| context.trace_id())
    }

    /// The span that the event belongs to.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        self.context.map(|context| context.span_id())
    }

    /// `correlation_id` of the event or a span around it.
    #[must_use]
    pub const fn correlation_id(&self) -> Option<&'a str> {
        self.correlation_id
    }

    /// `request_id` of the event or a span around it.
    #[must_use]
    pub const fn request_id(&self) -> Option<&'a str> {
        self.request_id
    }

    /// `user_id` of the event or a span around it.
    #[must_use]
    pub const fn user_id(&self) -> Option<&'a str> {
        self.user_id
    }
}
