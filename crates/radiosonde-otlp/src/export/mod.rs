//! The export protocols that spans and logs share: requests, compression, and what responses mean.

pub(crate) mod compression;
pub(crate) mod exporter;
#[cfg_attr(not(feature = "grpc"), path = "grpc_off.rs")]
mod grpc;
mod http_exporter;
mod http_response;
pub(crate) mod otlp_protocol;
mod partial_success;
pub(crate) mod signal;
