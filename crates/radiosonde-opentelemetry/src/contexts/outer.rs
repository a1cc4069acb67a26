//! Reads OpenTelemetry's current context, for the layer that makes the spans of `tracing`.

use std::cell::Cell;

use opentelemetry::Context;
use radiosonde_core::SpanId;
use radiosonde_trace::bridging::OuterContext;
use radiosonde_trace::{Baggage, RemoteContext};

use crate::contexts::{baggage, conversion};

thread_local! {
    // Without a destructor, so that it can be read while the thread exits.
    static HAS_WITNESS: Cell<bool> = const { Cell::new(false) };
    static WITNESS: Witness = const { Witness };
}

/// Destroyed before OpenTelemetry's thread-local: thread-locals are destroyed in the reverse order of their first use.
struct Witness;

impl Drop for Witness {
    // Empty: only the destruction itself matters.
    fn drop(&mut self) {}
}

/// Whether this thread still has OpenTelemetry's current context. Reading it while the thread exits would panic.
fn is_there() -> bool {
    if !HAS_WITNESS.replace(true) {
        // Uses theirs first, so that ours is destroyed first.
        Context::map_current(|_| ());
    }
    WITNESS.try_with(|_| ()).is_ok()
}

/// Reads OpenTelemetry's current context; `None` while the thread exits.
pub(crate) fn map_current<R>(read: impl FnOnce(&Context) -> R) -> Option<R> {
    is_there().then(|| Context::map_current(read))
}

/// OpenTelemetry's current context, as the layer that makes the spans of `tracing` reads it.
pub(crate) struct OtelCurrent;

impl OuterContext for OtelCurrent {
    fn span_id(&self) -> Option<SpanId> {
        Some(map_current(conversion::span_context)??.span_id())
    }

    fn context(&self) -> Option<RemoteContext> {
        active_span()
    }

    fn baggage(&self) -> Baggage {
        map_current(baggage::of).unwrap_or_default()
    }
}

/// The active span of OpenTelemetry's current context.
pub(crate) fn active_span() -> Option<RemoteContext> {
    map_current(conversion::remote_context).flatten()
}
