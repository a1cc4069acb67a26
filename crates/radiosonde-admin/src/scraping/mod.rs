//! One scrape: what it asks for, how long it waits, and the gathering that it may share.

pub(crate) mod coding;
#[cfg_attr(not(feature = "gzip"), path = "gzip_off.rs")]
mod gzip;
pub(crate) mod scrape;
pub(crate) mod single_flight;
pub(crate) mod timeout;
#[cfg_attr(not(feature = "zstd"), path = "zstd_off.rs")]
mod zstd;
