//! OTLP over gRPC.
//!
//! Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>

mod code;
mod exporter;
mod frame;
mod retry_info;
mod status;

pub(crate) use exporter::{GrpcExporter, NoGrpc};

/// Whether this program is built with gRPC.
pub(super) const IS_AVAILABLE: bool = true;
