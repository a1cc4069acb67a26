//! Recording the requests of an HTTP client.

pub(crate) mod client_call;
pub(crate) mod client_layer;
pub(crate) mod client_service;
