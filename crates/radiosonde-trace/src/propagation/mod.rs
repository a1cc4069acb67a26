//! Carries trace context between processes.

pub(crate) mod carrier;
pub(crate) mod extract;
pub(crate) mod headers;
mod inject;
pub(crate) mod remote_context;
pub(crate) mod switch;
pub(crate) mod trace_state;
pub(crate) mod traceparent;
