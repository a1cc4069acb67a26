//! Carries trace context between processes.

pub(crate) mod b3;
pub(crate) mod baggage;
pub(crate) mod baggage_rules;
pub(crate) mod carrier;
pub(crate) mod carrier_field;
pub(crate) mod environment_carrier;
pub(crate) mod extract;
mod field_value;
mod hex;
mod inject;
pub(crate) mod installed_propagators;
pub(crate) mod propagators;
pub(crate) mod remote_context;
pub(crate) mod trace_state;
pub(crate) mod traceparent;
pub(crate) mod uber_trace_id;
