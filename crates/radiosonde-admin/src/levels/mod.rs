//! Log levels over HTTP.

pub(crate) mod future;
pub(crate) mod options;
mod request;
pub(crate) mod service;
