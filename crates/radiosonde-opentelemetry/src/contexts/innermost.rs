//! Finds the span that encloses a new span or an outgoing message.

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use radiosonde_trace::RemoteContext;

use crate::contexts::{baggage, conversion, outer};

/// How the context that a user of the API passes relates to the current one.
enum Given {
    /// It is the current one.
    Current,
    /// It may be a copy of the current one, with other values.
    Copy,
    /// Another one: its span, or none, is the parent.
    Other,
}

fn relation(cx: &Context) -> Given {
    let relation = outer::map_current(|current| {
        if std::ptr::eq(cx, current) {
            return Given::Current;
        }
        let is_same = match (cx.has_active_span(), current.has_active_span()) {
            (true, true) => cx.span().span_context() == current.span().span_context(),
            // A copy of the current context has its span. Without one, an empty context cannot be told from a copy.
            (given, active) => !given && !active,
        };
        if is_same { Given::Copy } else { Given::Other }
    });
    relation.unwrap_or(Given::Other)
}

/// The parent of a span that is started in `cx`, or the context of a message that is sent in it.
///
/// That is the active span of `cx`; if `cx` is the current context, it is the innermost of that span and those of `tracing`.
pub(crate) fn innermost(cx: &Context) -> Option<RemoteContext> {
    match relation(cx) {
        Given::Current => RemoteContext::current(),
        Given::Copy => {
            let current = RemoteContext::current()?;
            let merged = current.baggage().merged(&baggage::of(cx));
            Some(current.with_baggage(merged))
        }
        Given::Other => conversion::remote_context(cx),
    }
}
