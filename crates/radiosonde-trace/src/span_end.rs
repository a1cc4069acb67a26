//! Ends a span when its record ends, not when its last handle is dropped.

use std::cell::Cell;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanRef, TraceContextExt as _};
use radiosonde_core::{EndingSpan, SpanEnder};
use tracing::span::Id;
use tracing::{Dispatch, Subscriber};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::registry::LookupSpan;

use crate::bridge;
use crate::unsigned::UnsignedFields;

thread_local! {
    // Set while a span is being ended: the SDK then calls the processor on the same thread.
    static TOOK: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// The duration of the span that ends on this thread, if its record set it.
pub(crate) fn took() -> Option<Duration> {
    TOOK.try_with(Cell::take).ok().flatten()
}

struct Ending<'a>(SpanRef<'a>);

impl EndingSpan for Ending<'_> {
    fn set_text(&self, key: &'static str, value: &'static str) {
        self.0.set_attribute(KeyValue::new(key, value));
    }

    fn set_number(&self, key: &'static str, value: i64) {
        self.0.set_attribute(KeyValue::new(key, value));
    }
}

/// Ends the spans of the layer's subscriber. Found through the subscriber.
pub(crate) fn span_ender<S>() -> SpanEnder
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    SpanEnder::new(|dispatch, id, took, describe| {
        let (dispatch, id): (&Dispatch, _) = (dispatch.downcast_ref()?, Id::from_u64(id));
        let cx = get_otel_context(&id, dispatch)?;
        let unsigned = dispatch
            .downcast_ref::<S>()
            .and_then(|subscriber| subscriber.span(&id))
            .and_then(|span| span.extensions_mut().remove::<UnsignedFields>());
        let span = Ending(cx.span());
        describe(&span);
        // Fails while the thread exits; the span then ends now.
        let _ = TOOK.try_with(|ending| ending.set(Some(took)));
        unsigned.unwrap_or_default().while_closing(|| span.0.end());
        // A span that is not sampled leaves its duration behind, which must not apply to the next span.
        let _ = self::took();
        bridge::span_context(&cx)
    })
}
