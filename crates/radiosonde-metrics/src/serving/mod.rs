//! Answering scrapes.

pub(crate) mod coding;
#[cfg_attr(not(feature = "gzip"), path = "gzip_off.rs")]
mod gzip;
#[cfg(feature = "listener")]
pub(crate) mod listener;
mod scrape;
pub(crate) mod service;
#[cfg(feature = "listener")]
mod write_deadline;
#[cfg_attr(not(feature = "zstd"), path = "zstd_off.rs")]
mod zstd;
