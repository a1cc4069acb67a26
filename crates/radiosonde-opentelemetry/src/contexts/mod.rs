//! Which span is the innermost, in our types and in OpenTelemetry's.

pub(crate) mod baggage;
pub(crate) mod conversion;
pub(crate) mod current;
pub(crate) mod innermost;
pub(crate) mod kept;
pub(crate) mod outer;
pub(crate) mod trace_states;
