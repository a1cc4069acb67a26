//! The export protocol that spans and logs share: requests, compression, and what responses mean.

pub(crate) mod classify;
pub(crate) mod compression;
pub(crate) mod export_endpoint;
pub(crate) mod signal;
