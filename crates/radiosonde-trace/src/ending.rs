//! Ends a span when its record ends, not when the last of those who hold it lets go.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::trace::TraceContextExt as _;
use radiosonde_core::SpanEnder;
use tracing::Subscriber;
use tracing::dispatcher::WeakDispatch;
use tracing::span::Id;
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::registry::LookupSpan;

use crate::bridge;
use crate::unsigned::UnsignedFields;

thread_local! {
    // Set while a span is ended: the SDK calls the processor within that, on the same thread.
    static TOOK: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// How long the span that ends on this thread took, if its record says.
pub(crate) fn took() -> Option<Duration> {
    TOOK.try_with(Cell::take).ok().flatten()
}

/// Ends the spans of the subscriber that the layer belongs to.
pub(crate) fn ender<S>(dispatch: Arc<OnceLock<WeakDispatch>>) -> SpanEnder
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    SpanEnder::new(move |id, took| {
        let dispatch = dispatch.get()?.upgrade()?;
        let id = Id::from_u64(id);
        let cx = get_otel_context(&id, &dispatch)?;
        let unsigned = dispatch
            .downcast_ref::<S>()
            .and_then(|subscriber| subscriber.span(&id))
            .and_then(|span| span.extensions_mut().remove::<UnsignedFields>());
        // Fails while the thread ends: the span's end is now, then.
        let _ = TOOK.try_with(|ending| ending.set(Some(took)));
        unsigned.unwrap_or_default().while_closing(|| cx.span().end());
        // Whatever was not taken, as of a span that is not sampled, is not the next span's.
        let _ = self::took();
        bridge::span_context(&cx)
    })
}
