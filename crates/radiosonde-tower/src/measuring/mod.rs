//! The metrics of exchanges.

pub(crate) mod endpoint;
pub(crate) mod http_metrics;
pub(crate) mod status_text;
