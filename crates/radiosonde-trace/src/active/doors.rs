use std::borrow::Cow;

use radiosonde_core::{SpanContext, WorkIds};
use tracing::Span;

use crate::active::set_parent_error::SetParentError;
use crate::active::span_attributes::SpanAttributes;
use crate::active::span_control::SpanControl;
use crate::entering::promoted_entries;
use crate::propagation::remote_context::RemoteContext;
use crate::spans::attribute::AttributeValue;
use crate::spans::finished_span::{SpanLink, SpanStatus};

/// Makes a span the child of one in another process.
///
/// Call it between the creation of a span and its first use: entering it, creating a child, or reading its context.
///
/// # Cost
/// The sampler decides twice, and from then on unsampled spans keep their fields until their first use.
/// [`child_of`](crate::child_of) makes the span with its parent at once.
///
/// # Errors
/// [`SetParentError`] if the span is used or disabled, or if there is no trace layer. None of these is a reason to refuse a
/// request: a log filter disables spans as well.
///
/// ```
/// # use http::HeaderMap;
/// # let headers = HeaderMap::new();
/// let span = tracing::info_span!("GET /orders", otel.kind = "server");
/// if let Some(parent) = radiosonde_trace::extract(&headers) {
///     // A disabled span has no parent.
///     let _ = radiosonde_trace::set_parent(&span, &parent);
/// }
/// ```
pub fn set_parent(span: &Span, parent: &RemoteContext) -> Result<(), SetParentError> {
    if span.is_disabled() {
        return Err(SetParentError::Disabled);
    }
    SpanControl::of(span, |control| control.set_parent(span, parent)).unwrap_or(Err(SetParentError::NoLayer))
}

/// Sets a typed attribute of a span. The last value of a key wins.
///
/// # Cost
/// The span's lock twice, and one allocation for the key; only one lock if the span is not sampled. [`describe`] sets
/// several attributes at this price, without allocating.
pub fn set_attribute(span: &Span, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) {
    SpanControl::of(span, |control| {
        control.set_attribute(span, key.into(), value.into());
    });
}

/// Sets several attributes of a span at once, from borrowed values.
///
/// `attributes` is called once while no lock is held, or not at all if the span is disabled, of no layer, or not sampled and
/// its parent [fixed](context_of).
///
/// # Cost
/// One look-up of the layer and the span's lock twice, however many attributes there are; only one lock if the span is not
/// sampled. No allocation, as long as the span's buffer has room.
///
/// ```
/// let span = tracing::info_span!("GET /orders/{id}", otel.kind = "server");
/// let (path, port) = (String::from("/orders/7"), 8080_u16);
/// radiosonde_trace::describe(&span, |attributes| {
///     attributes.set("url.path", &path);
///     attributes.set("server.port", port);
/// });
/// ```
#[inline]
pub fn describe(span: &Span, attributes: impl FnOnce(&mut SpanAttributes<'_>)) {
    if span.is_disabled() {
        return;
    }
    let mut attributes = Some(attributes);
    SpanControl::of(span, |control| {
        control.describe(span, &mut |taken| {
            if let Some(attributes) = attributes.take() {
                attributes(taken);
            }
        });
    });
}

/// Marks a span as failed. The description is for people; it may be empty.
pub fn set_error(span: &Span, description: impl Into<Cow<'static, str>>) {
    let status = || SpanStatus::Error { description: description.into() };
    SpanControl::of(span, |control| control.set_status(span, status()));
}

/// Marks a span as successful, whatever status is set later.
pub fn set_ok(span: &Span) {
    SpanControl::of(span, |control| control.set_status(span, SpanStatus::Ok));
}

/// Renames a span, as when the route of a request is known only later. The sampler has decided by the earlier name.
pub fn set_name(span: &Span, name: impl Into<Cow<'static, str>>) {
    SpanControl::of(span, |control| control.set_name(span, name.into()));
}

/// Links a span to another one, as the request that put a message into a queue or the caller beyond a trust boundary.
pub fn add_link(span: &Span, link: SpanLink) {
    SpanControl::of(span, |control| control.add_link(span, link));
}

/// Keeps the trace of a span in the [local tail](crate::TailOptions), as an error in one of its spans does.
pub fn keep(span: &Span) {
    SpanControl::of(span, |control| control.keep(span));
}

/// Gives the work of a span its request id and correlation id. Spans and tasks within it, messages in
/// [`Traced`](crate::Traced) and calls through the client middleware of `radiosonde-tower` have them from then on.
///
/// Call it before the span is entered. For work that does not begin with a request through the server middleware, such as a
/// scheduled job. The span has the ids as attributes, and lines within it have `request_id` and `correlation_id`, whether the
/// span declares such fields or not. If the span is disabled, lines have those of the current
/// [`CanonicalRecord`](radiosonde_core::canonical::CanonicalRecord).
///
/// # Cost
/// The span's lock, and twice more if the span does not declare the fields.
///
/// ```
/// use radiosonde_core::{Clock as _, SystemClock, WorkId, WorkIds};
///
/// let id = WorkId::uuid_v7(SystemClock.now());
/// let job = tracing::info_span!("send invoices");
/// radiosonde_trace::set_work_ids(&job, &WorkIds::new(None, Some(&id)));
/// ```
pub fn set_work_ids(span: &Span, ids: &WorkIds) {
    if span.is_disabled() {
        promoted_entries::read_by_lines();
        return;
    }
    SpanControl::of(span, |control| control.set_work_ids(span, ids));
}

/// The ids and flags of a span, which are fixed from now on: its parent can no longer be [set](set_parent).
///
/// `None` for a span that is disabled, and without a trace layer.
#[must_use]
pub fn context_of(span: &Span) -> Option<SpanContext> {
    Some(RemoteContext::made_by(span)?.context())
}

impl RemoteContext {
    /// The context of a span, whether its pipeline is shut down or not.
    pub(crate) fn made_by(span: &Span) -> Option<Self> {
        SpanControl::of(span, |control| control.context(span))?
    }
}
