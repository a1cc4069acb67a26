//! HTTP on its way out: where requests go, what they carry, and the connections.

pub(crate) mod client;
pub(crate) mod credentials;
pub(crate) mod endpoint;
pub(crate) mod header;
pub(crate) mod options;
mod pool;
#[cfg_attr(not(feature = "tls"), path = "tls_off.rs")]
mod tls;
pub(crate) mod tls_options;
