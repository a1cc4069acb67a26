//! Attributes of spans, by OpenTelemetry's conventions for HTTP.

pub(crate) mod method;
pub(crate) mod server_address;
