//! Converts between our types and OpenTelemetry's.

use opentelemetry::Context;
use opentelemetry::trace::{self as otel, TraceContextExt as _};
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};

use crate::propagation::remote_context::RemoteContext;
use crate::propagation::trace_state::TraceState;

/// The received parts of a trace context that the SDK's own types lose: the SDK clears the random flag on unsampled spans
/// and accepts fewer trace states than the specification allows. Stored as a value of the OpenTelemetry context, which every
/// span below inherits.
#[derive(Debug)]
struct Arrived {
    trace_id: TraceId,
    random: bool,
    trace_state: TraceState,
    /// The trace state passed to the SDK. A span with a different one was changed since, and the change wins.
    known_to_sdk: otel::TraceState,
}

/// The ids of an OpenTelemetry span; `None` if it has none.
pub(crate) fn ids(context: &otel::SpanContext) -> Option<SpanContext> {
    let trace_id = TraceId::from_bytes(context.trace_id().to_bytes())?;
    let span_id = SpanId::from_bytes(context.span_id().to_bytes())?;
    Some(SpanContext::new(trace_id, span_id, TraceFlags::from_byte(context.trace_flags().to_u8())))
}

fn arrived(cx: &Context, trace_id: TraceId) -> Option<&Arrived> {
    cx.get::<Arrived>().filter(|arrived| arrived.trace_id == trace_id)
}

/// The ids and flags of the active span of `cx`.
pub(crate) fn span_context(cx: &Context) -> Option<SpanContext> {
    let span = cx.span();
    let context = ids(span.span_context())?;
    let random = arrived(cx, context.trace_id()).is_some_and(|arrived| arrived.random);
    Some(if random { with_random(context) } else { context })
}

fn with_random(context: SpanContext) -> SpanContext {
    let flags = TraceFlags::from_byte(context.flags().to_byte() | TraceFlags::RANDOM.to_byte());
    SpanContext::new(context.trace_id(), context.span_id(), flags)
}

/// The context to propagate from the active span of `cx`.
pub(crate) fn remote_context(cx: &Context) -> Option<RemoteContext> {
    let context = span_context(cx)?;
    let span = cx.span();
    let in_sdk = span.span_context().trace_state();
    let trace_state = match arrived(cx, context.trace_id()) {
        Some(arrived) if arrived.known_to_sdk == *in_sdk => arrived.trace_state.clone(),
        _ => trace_state(in_sdk),
    };
    let remote = RemoteContext::new(context, trace_state);
    Some(if span.span_context().is_remote() { remote } else { remote.of_this_process() })
}

/// An OpenTelemetry context in which `remote` is the parent of new spans.
pub(crate) fn with_parent(cx: &Context, remote: &RemoteContext) -> Context {
    let context = remote.context();
    let trace_id = context.trace_id();
    let known_to_sdk = sdk_trace_state(remote.trace_state());
    let parent = otel::SpanContext::new(
        otel::TraceId::from_bytes(trace_id.to_bytes()),
        otel::SpanId::from_bytes(context.span_id().to_bytes()),
        otel::TraceFlags::new(context.flags().to_byte()),
        remote.is_remote(),
        known_to_sdk.clone(),
    );
    let random = context.flags().to_byte() & TraceFlags::RANDOM.to_byte() != 0;
    let trace_state = remote.trace_state().clone();
    cx.with_remote_span_context(parent).with_value(Arrived { trace_id, random, trace_state, known_to_sdk })
}

/// The members that the SDK accepts.
fn sdk_trace_state(state: &TraceState) -> otel::TraceState {
    if state.is_empty() {
        return otel::TraceState::NONE;
    }
    // A single member that the SDK rejects would discard all others.
    let taken = state.iter().filter(|member| otel::TraceState::from_key_value([*member]).is_ok());
    otel::TraceState::from_key_value(taken).unwrap_or_default()
}

pub(crate) fn trace_state(state: &otel::TraceState) -> TraceState {
    if *state == otel::TraceState::NONE {
        return TraceState::default();
    }
    // The SDK accepts more characters than the specification does.
    state.header().parse().unwrap_or_default()
}

pub(crate) fn link_context(link: &otel::Link) -> Option<(SpanContext, TraceState)> {
    ids(&link.span_context).map(|context| (context, trace_state(link.span_context.trace_state())))
}
