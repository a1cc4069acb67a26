//! Recording the requests to an HTTP service.

mod served;
pub(crate) mod server_layer;
pub(crate) mod server_request;
pub(crate) mod server_service;
