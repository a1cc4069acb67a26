//! Converts trace states.

use opentelemetry::trace as otel;
use radiosonde_trace::TraceState;

/// The members that OpenTelemetry accepts.
pub(crate) fn to_otel(state: &TraceState) -> otel::TraceState {
    if state.is_empty() {
        return otel::TraceState::NONE;
    }
    // A single member that is not accepted would discard all others.
    let taken = state.iter().filter(|member| otel::TraceState::from_key_value([*member]).is_ok());
    otel::TraceState::from_key_value(taken).unwrap_or_default()
}

pub(crate) fn from_otel(state: &otel::TraceState) -> TraceState {
    if *state == otel::TraceState::NONE {
        return TraceState::default();
    }
    // OpenTelemetry accepts more characters than the specification does.
    state.header().parse().unwrap_or_default()
}
