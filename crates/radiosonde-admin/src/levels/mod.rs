//! Log levels over HTTP.

pub(crate) mod future;
mod request;
pub(crate) mod service;
