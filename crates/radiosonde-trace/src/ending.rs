//! Ends a span when its record ends, not when the last of those who hold it lets go.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanRef, Status, TraceContextExt as _};
use radiosonde_core::{SpanContext, SpanEnder};
use tracing::span::Id;
use tracing::{Dispatch, Subscriber};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::registry::LookupSpan;

use crate::unsigned::UnsignedFields;
use crate::{AttributeValue, bridge, to_sdk};

thread_local! {
    // Set while a span is ended: the SDK calls the processor within that, on the same thread.
    static TOOK: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// How long the span that ends on this thread took, if its record says.
pub(crate) fn took() -> Option<Duration> {
    TOOK.try_with(Cell::take).ok().flatten()
}

/// A span that is being ended: takes what is known of it at its end.
#[derive(Debug)]
pub struct EndingSpan<'a>(SpanRef<'a>);

impl EndingSpan<'_> {
    /// As [`set_attribute`](crate::set_attribute).
    pub fn set_attribute(&self, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) {
        self.0.set_attribute(KeyValue::new(to_sdk::key(key.into()), to_sdk::value(value.into())));
    }

    /// As [`set_error`](crate::set_error).
    pub fn set_error(&self, description: impl Into<Cow<'static, str>>) {
        self.0.set_status(Status::error(description));
    }
}

/// Ends the spans of the subscriber that the layer belongs to. Found in the subscriber.
#[derive(Clone)]
pub(crate) struct Ender(Arc<End>);

type End =
    dyn Fn(&Dispatch, &Id, Duration, &mut dyn FnMut(&EndingSpan<'_>)) -> Option<SpanContext> + Send + Sync;

impl Ender {
    pub(crate) fn new<S>() -> Self
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        Self(Arc::new(|dispatch, id, took, last| {
            let cx = get_otel_context(id, dispatch)?;
            let unsigned = dispatch
                .downcast_ref::<S>()
                .and_then(|subscriber| subscriber.span(id))
                .and_then(|span| span.extensions_mut().remove::<UnsignedFields>());
            let span = EndingSpan(cx.span());
            last(&span);
            // Fails while the thread ends: the span's end is now, then.
            let _ = TOOK.try_with(|ending| ending.set(Some(took)));
            unsigned.unwrap_or_default().while_closing(|| span.0.end());
            // Whatever was not taken, as of a span that is not sampled, is not the next span's.
            let _ = self::took();
            bridge::span_context(&cx)
        }))
    }

    pub(crate) fn end(
        &self,
        dispatch: &Dispatch,
        id: &Id,
        took: Duration,
        last: &mut dyn FnMut(&EndingSpan<'_>),
    ) {
        let _ = (self.0)(dispatch, id, took, last);
    }

    /// For those who do not know this crate.
    pub(crate) fn for_core(&self) -> SpanEnder {
        let end = Arc::clone(&self.0);
        SpanEnder::new(move |dispatch: &dyn Any, id, took| {
            end(dispatch.downcast_ref()?, &Id::from_u64(id), took, &mut |_| ())
        })
    }
}

impl fmt::Debug for Ender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ender").finish_non_exhaustive()
    }
}
