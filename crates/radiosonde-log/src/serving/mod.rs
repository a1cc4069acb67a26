//! Levels over HTTP.

pub(crate) mod body;
pub(crate) mod future;
mod refused;
mod request;
pub(crate) mod service;
