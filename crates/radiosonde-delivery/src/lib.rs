#![doc = include_str!("../README.md")]

mod accounting;
mod batching;
mod client;
mod deadline;
mod handle;
mod options;
mod protocol;
mod response;
mod runtime_thread;
mod transport;
mod worker;

pub use accounting::dropped::Dropped;
pub use accounting::report::{Report, SinkReport};
pub use batching::queue::Queue;
pub use client::builder::{HttpClientBuildError, HttpClientBuilder};
pub use client::http_client::HttpClient;
pub use client::request_error::{RequestError, RequestErrorKind};
pub use client::response_future::ResponseFuture;
#[cfg(feature = "websocket")]
pub use client::websocket::{Upgrade, WebSocket, WebSocketError};
pub use handle::builder::{DeliveryBuilder, DeliveryStartError};
pub use handle::delivery::{Delivery, Flush, Shutdown};
pub use handle::poll_error::PollError;
pub use handle::sink_error::SinkError;
pub use options::invalid_option::InvalidOption;
pub use options::poll_options::PollOptions;
pub use options::retry::Retry;
pub use options::sink_options::SinkOptions;
pub use protocol::{EncodeError, Protocol};
pub use response::disposition::Disposition;
pub use response::retry_after::retry_after;
pub use response::too_large::is_too_large;
pub use transport::endpoint::{Endpoint, InvalidEndpoint, InvalidEndpointKind, Url};
pub use transport::header::{InvalidHeader, InvalidHeaderKind, secret_header};
pub use transport::http_options_error::HttpOptionsError;
pub use transport::http_version::HttpVersion;
pub use transport::options::HttpOptions;
pub use transport::tls_options::{Pem, TlsError, TlsOptions};
pub use transport::trailers::Trailers;
