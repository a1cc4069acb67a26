//! The metrics of exchanges.

pub(crate) mod client_metrics;
pub(crate) mod client_names;
pub(crate) mod http_signals;
pub(crate) mod metric_names;
pub(crate) mod peers;
pub(crate) mod server_endpoint;
pub(crate) mod server_families;
pub(crate) mod server_metrics;
pub(crate) mod server_names;
pub(crate) mod status_text;
