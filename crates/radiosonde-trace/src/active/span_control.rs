use std::borrow::Cow;
use std::fmt;

use radiosonde_core::WorkIds;
use tracing::Span;

use crate::active::set_parent_error::SetParentError;
use crate::active::span_attributes::SpanAttributes;
use crate::propagation::remote_context::RemoteContext;
use crate::spans::attribute::AttributeValue;
use crate::spans::finished_span::{SpanLink, SpanStatus};

/// How the functions of this crate reach the layer that made a span.
///
/// For bridges: a layer that makes spans by another API returns one from [`Layer::downcast_raw`], and
/// [`set_parent`](crate::set_parent) and the others work on its spans.
///
/// [`Layer::downcast_raw`]: tracing_subscriber::Layer::downcast_raw
pub struct SpanControl(Box<dyn ControlSpans>);

impl SpanControl {
    /// Reaches a layer through `control`.
    pub fn new(control: impl ControlSpans) -> Self {
        Self(Box::new(control))
    }

    /// Calls `work` with the control of the layer that made the span, if there is one.
    #[inline]
    pub(crate) fn of<R>(span: &Span, work: impl FnOnce(&dyn ControlSpans) -> R) -> Option<R> {
        span.with_subscriber(|(_, dispatch)| Some(work(&*dispatch.downcast_ref::<Self>()?.0)))?
    }
}

impl fmt::Debug for SpanControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanControl").finish_non_exhaustive()
    }
}

/// What a layer does with its spans. Each function ignores spans that are not its own.
pub trait ControlSpans: Send + Sync + 'static {
    /// The span's context, which is fixed from now on.
    fn context(&self, span: &Span) -> Option<RemoteContext>;

    /// Makes the span the child of this parent.
    ///
    /// # Errors
    /// [`SetParentError`] if the span's context is used already, or if the layer does not know it.
    fn set_parent(&self, span: &Span, parent: &RemoteContext) -> Result<(), SetParentError>;

    /// Sets an attribute.
    fn set_attribute(&self, span: &Span, key: Cow<'static, str>, value: AttributeValue);

    /// Calls `describe` once with what takes the span's attributes, or not at all for a span that is not recorded.
    fn describe(&self, span: &Span, describe: &mut dyn FnMut(&mut SpanAttributes<'_>));

    /// Sets the status.
    fn set_status(&self, span: &Span, status: SpanStatus);

    /// Renames the span.
    fn set_name(&self, span: &Span, name: Cow<'static, str>);

    /// Adds a link.
    fn add_link(&self, span: &Span, link: SpanLink);

    /// Whether a new span is the child of the context that is [entered](RemoteContext::enter). Default: `false`.
    fn reads_entered_context(&self) -> bool {
        false
    }

    /// Sets the ids of the span's work, for spans and calls within it. Default: nothing, for a layer that does not carry them.
    fn set_work_ids(&self, span: &Span, ids: &WorkIds) {
        let _ = (span, ids);
    }

    /// Keeps the span's trace in the local tail. Default: nothing, for a layer without one.
    fn keep(&self, span: &Span) {
        let _ = span;
    }
}
