//! Metrics on a port of their own.

mod connection;
pub(crate) mod listener;
mod places;
#[cfg(feature = "tls")]
pub(crate) mod tls;
mod write_deadline;
