//! Converts contexts between our types and OpenTelemetry's.

use opentelemetry::Context;
use opentelemetry::trace::{self as otel, TraceContextExt as _};
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_trace::{RemoteContext, TraceState};

use crate::contexts::kept::{is_a_byte, kept};
use crate::contexts::{baggage, trace_states};

/// The received flags and trace state, of which OpenTelemetry's own type loses parts. Stored as a value of the OpenTelemetry
/// context, which every span below inherits.
#[derive(Debug)]
struct Arrived {
    context: SpanContext,
    trace_state: TraceState,
    /// The trace state passed to OpenTelemetry. A span with a different one was changed since, and the change wins.
    in_otel: otel::TraceState,
}

/// The ids of an OpenTelemetry span; `None` if it has none.
pub(crate) fn ids(context: &otel::SpanContext) -> Option<SpanContext> {
    let trace_id = TraceId::from_bytes(context.trace_id().to_bytes())?;
    let span_id = SpanId::from_bytes(context.span_id().to_bytes())?;
    Some(SpanContext::new(trace_id, span_id, TraceFlags::from_byte(context.trace_flags().to_u8())))
}

/// The ids and flags of the active span of `cx`.
pub(crate) fn span_context(cx: &Context) -> Option<SpanContext> {
    ids(cx.span().span_context())
}

/// The context to propagate from the active span of `cx`.
pub(crate) fn remote_context(cx: &Context) -> Option<RemoteContext> {
    let span = cx.span();
    let span = span.span_context();
    let context = ids(span)?;
    let in_otel = span.trace_state();
    let arrived = cx
        .get::<Arrived>()
        .filter(|it| it.context.trace_id() == context.trace_id() && it.in_otel == *in_otel);
    let kept = kept(context.span_id());
    let flags = match (&kept, arrived) {
        (Some(kept), _) => kept.flags,
        (None, Some(arrived)) if arrived.context.span_id() == context.span_id() => arrived.context.flags(),
        (None, _) => context.flags(),
    };
    let context = SpanContext::new(context.trace_id(), context.span_id(), flags);
    let baggage = match &kept {
        Some(kept) => kept.baggage.merged(&baggage::of(cx)),
        None => baggage::of(cx),
    };
    let trace_state = match (arrived, kept) {
        (Some(arrived), _) => arrived.trace_state.clone(),
        (None, Some(kept)) => kept.trace_state,
        (None, None) => trace_states::from_otel(in_otel),
    };
    let remote = RemoteContext::new(context, trace_state).with_baggage(baggage);
    Some(if span.is_remote() { remote } else { remote.of_this_process() })
}

/// Our ids and flags as OpenTelemetry's.
pub(crate) fn otel_context(remote: &RemoteContext, trace_state: otel::TraceState) -> otel::SpanContext {
    let context = remote.context();
    otel::SpanContext::new(
        otel::TraceId::from_bytes(context.trace_id().to_bytes()),
        otel::SpanId::from_bytes(context.span_id().to_bytes()),
        otel::TraceFlags::new(context.flags().to_byte()),
        remote.is_remote(),
        trace_state,
    )
}

/// An OpenTelemetry context in which `remote` is the parent of new spans.
pub(crate) fn with_parent(cx: &Context, remote: &RemoteContext) -> Context {
    let in_otel = trace_states::to_otel(remote.trace_state());
    let cx = cx.with_remote_span_context(otel_context(remote, in_otel.clone()));
    let cx = baggage::with(cx, remote.baggage());
    let (context, trace_state) = (remote.context(), remote.trace_state().clone());
    if trace_state.is_empty() && is_a_byte(context.flags()) {
        return cx;
    }
    cx.with_value(Arrived { context, trace_state, in_otel })
}

/// `remote`, no longer sampled.
pub(crate) fn unsampled(remote: &RemoteContext) -> RemoteContext {
    let context = remote.context();
    let flags = TraceFlags::from_byte(context.flags().to_byte() & !TraceFlags::SAMPLED.to_byte());
    let context = SpanContext::new(context.trace_id(), context.span_id(), flags);
    let unsampled = RemoteContext::new(context, remote.trace_state().clone());
    let unsampled = unsampled.with_baggage(remote.baggage().clone());
    if remote.is_remote() { unsampled } else { unsampled.of_this_process() }
}
