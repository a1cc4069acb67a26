//! Asking a backend, where delivery tells it: one request, one answer, to whoever waits for it.

mod block_on;
mod builder;
mod http_client;
mod reply;
mod request_error;
#[cfg(feature = "websocket")]
mod websocket;

pub use builder::{ClientError, HttpClientBuilder};
pub use http_client::HttpClient;
pub use reply::Reply;
pub use request_error::{RequestError, RequestErrorKind};
#[cfg(feature = "websocket")]
pub use websocket::{SocketError, Upgrade, WebSocket};
