//! The metrics of exchanges.

pub(crate) mod endpoint;
pub(crate) mod http_metrics;
pub(crate) mod http_names;
pub(crate) mod server_endpoint;
pub(crate) mod server_families;
pub(crate) mod server_metrics;
pub(crate) mod status_text;
