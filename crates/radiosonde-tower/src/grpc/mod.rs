//! gRPC calls within HTTP exchanges: their status, messages, names and metrics.

mod messages;
pub(crate) mod rpc;
pub(crate) mod rpc_method;
pub(crate) mod rpc_metrics;
pub(crate) mod status;
