//! Accepted connections: how many, how long, and what lives as long as one of them.

pub(crate) mod connection_handle;
pub(crate) mod connection_metrics;
#[cfg(feature = "saturation")]
mod failing;
#[cfg(feature = "saturation")]
mod hyper_io;
#[cfg(all(feature = "axum", feature = "saturation"))]
pub(crate) mod listener;
#[cfg_attr(not(all(feature = "axum", feature = "saturation")), path = "peer_info_off.rs")]
mod peer_info;
#[cfg(feature = "saturation")]
mod tokio_io;
pub(crate) mod tracked;
pub(crate) mod with_connection;
