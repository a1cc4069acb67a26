//! Operations on a span made by `tracing` that its macros do not offer.
//!
//! Each does nothing without a [`TraceLayer`](crate::TraceLayer), so libraries may always call them.

use std::borrow::Cow;
use std::fmt;

use opentelemetry::Context;
use opentelemetry::trace::{Status, TraceContextExt as _};
use radiosonde_core::{EnteredSpans, SpanContext};
use tracing::Span;
use tracing_opentelemetry::{OpenTelemetrySpanExt as _, get_otel_context};

use crate::propagation::remote_context::RemoteContext;
use crate::spans::attribute::AttributeValue;
use crate::{bridge, to_sdk};

/// Makes a span the child of one in another process.
///
/// Call it between the creation of a span and its first use. The first use starts the span and fixes its trace id and
/// sampling; it is entering the span, an event in it, creating a child, or reading its context.
///
/// # Errors
/// [`SetParentError`] if the span has started or is filtered out, or if there is no trace layer.
///
/// ```
/// # use http::HeaderMap;
/// # let headers = HeaderMap::new();
/// let span = tracing::info_span!("GET /orders", otel.kind = "server");
/// if let Some(parent) = radiosonde_trace::extract(&headers) {
///     radiosonde_trace::set_parent(&span, &parent)?;
/// }
/// # Ok::<(), radiosonde_trace::SetParentError>(())
/// ```
pub fn set_parent(span: &Span, parent: &RemoteContext) -> Result<(), SetParentError> {
    // Keeps the values of OpenTelemetry's current context, but not those of a span that has closed.
    EnteredSpans::leave_closed();
    let cx = Context::map_current(|cx| bridge::with_parent(cx, parent));
    span.set_parent(cx).map_err(|error| match error {
        tracing_opentelemetry::SetParentError::LayerNotFound => SetParentError::NoLayer,
        tracing_opentelemetry::SetParentError::AlreadyStarted => SetParentError::AlreadyStarted,
        tracing_opentelemetry::SetParentError::SpanDisabled => SetParentError::Disabled,
    })
}

/// Sets a typed attribute of a span; `tracing` alone passes unsigned numbers on as text. The last value of a key wins.
///
/// # Cost
/// The span's lock and an entry in its list; only the lock if the span is not sampled.
pub fn set_attribute(span: &Span, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) {
    span.set_attribute(to_sdk::key(key.into()), to_sdk::value(value.into()));
}

/// Marks a span as failed. The description is for people; it may be empty.
pub fn set_error(span: &Span, description: impl Into<Cow<'static, str>>) {
    span.set_status(Status::error(description));
}

/// Renames a span, as when the route of a request is known only later. Starts the span: its parent can no longer be
/// [set](set_parent).
pub fn set_name(span: &Span, name: impl Into<Cow<'static, str>>) {
    let _ = started(span, |cx| {
        cx.span().update_name(name.into());
        Some(())
    });
}

/// The ids and flags of a span. Starts the span: its parent can no longer be [set](set_parent).
///
/// `None` for a span that is filtered out, and without a trace layer.
#[must_use]
pub fn context_of(span: &Span) -> Option<SpanContext> {
    started(span, bridge::span_context)
}

pub(crate) fn started<R>(span: &Span, read: impl FnOnce(&Context) -> Option<R>) -> Option<R> {
    let cx = span.with_subscriber(|(id, dispatch)| get_otel_context(id, dispatch))??;
    read(&cx)
}

/// The parent of a span could not be set. The span becomes the root of its own trace, or a local child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetParentError {
    /// There is no trace layer, or a wrapper such as `reload::Layer` hides it.
    NoLayer,
    /// The span has started.
    AlreadyStarted,
    /// The span is filtered out.
    Disabled,
}

impl fmt::Display for SetParentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLayer => "cannot set the parent of a span: the subscriber has no reachable trace layer",
            Self::AlreadyStarted => {
                "cannot set the parent of a span that has started: set it before the span is entered"
            }
            Self::Disabled => "cannot set the parent of a span that is filtered out",
        })
    }
}

impl std::error::Error for SetParentError {}
