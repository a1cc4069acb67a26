//! Answering scrapes.

pub(crate) mod body;
mod coding;
#[cfg(feature = "listener")]
mod connection;
pub(crate) mod credentials;
#[cfg_attr(not(feature = "gzip"), path = "gzip_off.rs")]
mod gzip;
mod in_flight;
#[cfg(feature = "listener")]
pub(crate) mod listener;
mod meters;
mod patience;
#[cfg(feature = "listener")]
mod places;
mod refused;
mod scrape;
pub(crate) mod service;
#[cfg(feature = "tls")]
pub(crate) mod tls;
mod turns;
#[cfg(feature = "listener")]
mod write_deadline;
#[cfg_attr(not(feature = "zstd"), path = "zstd_off.rs")]
mod zstd;
