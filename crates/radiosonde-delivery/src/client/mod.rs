//! The HTTP client: one request and its response, to the caller that waits for it.

mod block_on;
pub(crate) mod builder;
pub(crate) mod http_client;
pub(crate) mod request_error;
pub(crate) mod response_future;
#[cfg(feature = "websocket")]
pub(crate) mod websocket;
