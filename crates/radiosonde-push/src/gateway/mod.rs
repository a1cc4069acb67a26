//! To a Pushgateway.

pub(crate) mod options;
mod protocol;
pub(crate) mod pushgateway;
