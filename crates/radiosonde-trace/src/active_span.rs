//! Doors to a span that `tracing` made: what its macros cannot say.
//!
//! Each does nothing where no [`TraceLayer`](crate::TraceLayer) is installed, so that libraries may call them always.

use std::borrow::Cow;
use std::fmt;

use opentelemetry::Context;
use opentelemetry::trace::{Status, TraceContextExt as _};
use radiosonde_core::{EnteredSpans, SpanContext};
use tracing::Span;
use tracing_opentelemetry::{OpenTelemetrySpanExt as _, get_otel_context};

use crate::attribute::AttributeValue;
use crate::remote_context::RemoteContext;
use crate::{bridge, to_sdk};

/// Makes a span the child of one in another process.
///
/// To be called between the making of a span and its first use: a span starts, and with it its trace id and its sampling are
/// settled, when it is first entered, when something happens in it, when a child of it is made, and when it is asked for its
/// context.
///
/// # Errors
/// [`SetParentError`] if the span has started, is filtered out, or if there is no trace layer.
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
    // Values of OpenTelemetry's current context come along, but not those of a span that has closed.
    EnteredSpans::leave_closed();
    let cx = Context::map_current(|cx| bridge::with_parent(cx, parent));
    span.set_parent(cx).map_err(|error| match error {
        tracing_opentelemetry::SetParentError::LayerNotFound => SetParentError::NoLayer,
        tracing_opentelemetry::SetParentError::AlreadyStarted => SetParentError::AlreadyStarted,
        tracing_opentelemetry::SetParentError::SpanDisabled => SetParentError::Disabled,
    })
}

/// Sets an attribute of a span, with its type; `tracing` alone hands unsigned numbers on as texts. The last value of a key wins.
///
/// # Cost
/// A lock of the span's own and an entry in its list; nothing but the lock if the span is not sampled.
pub fn set_attribute(span: &Span, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) {
    span.set_attribute(to_sdk::key(key.into()), to_sdk::value(value.into()));
}

/// Marks a span as failed. The description is for people; it may be empty.
pub fn set_error(span: &Span, description: impl Into<Cow<'static, str>>) {
    span.set_status(Status::error(description));
}

/// Renames a span, as when the route of a request is known only after it was made. Starts the span: its parent cannot be
/// [set](set_parent) any more.
pub fn set_name(span: &Span, name: impl Into<Cow<'static, str>>) {
    let _ = started(span, |cx| {
        cx.span().update_name(name.into());
        Some(())
    });
}

/// The ids and flags of a span. Starts the span: its parent cannot be [set](set_parent) any more.
///
/// `None` for a span that is filtered out, and where no trace layer is installed.
#[must_use]
pub fn context_of(span: &Span) -> Option<SpanContext> {
    started(span, bridge::span_context)
}

pub(crate) fn started<R>(span: &Span, read: impl FnOnce(&Context) -> Option<R>) -> Option<R> {
    let cx = span.with_subscriber(|(id, dispatch)| get_otel_context(id, dispatch))??;
    read(&cx)
}

/// The parent of a span could not be set; the span is or will be the root of a trace of its own, or a local child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetParentError {
    /// No trace layer is installed, or it is hidden by a wrapper such as `reload::Layer`.
    NoLayer,
    /// The span has started.
    AlreadyStarted,
    /// The span is filtered out.
    Disabled,
}

impl fmt::Display for SetParentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLayer => {
                "cannot set the parent of a span: the subscriber has no trace layer that can be reached"
            }
            Self::AlreadyStarted => {
                "cannot set the parent of a span that has started: set it before the span is entered"
            }
            Self::Disabled => "cannot set the parent of a span that is filtered out",
        })
    }
}

impl std::error::Error for SetParentError {}
