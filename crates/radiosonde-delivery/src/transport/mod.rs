//! Outgoing HTTP: endpoints, headers, credentials, TLS and connections.

pub(crate) mod credentials;
#[cfg(feature = "serde")]
pub(crate) mod deserialize;
pub(crate) mod endpoint;
pub(crate) mod header;
#[cfg_attr(not(feature = "http2"), path = "http2_off.rs")]
mod http2;
pub(crate) mod http_options_error;
pub(crate) mod http_transport;
pub(crate) mod http_version;
pub(crate) mod options;
pub(crate) mod pool;
#[cfg_attr(not(feature = "tls"), path = "tls_off.rs")]
mod tls;
pub(crate) mod tls_options;
pub(crate) mod trailers;
