#![doc = include_str!("../README.md")]

mod asking;
mod backend;
mod buffer;
mod builder;
mod completion;
mod deadline;
mod delivery;
mod ledger;
mod meters;
mod queue;
mod ranked_queue;
mod report;
mod retry;
mod runtime_thread;
mod sink_options;
mod sink_task;
mod too_large;
mod transport;
mod worker;

pub use asking::{ClientError, HttpClient, HttpClientBuilder, Reply, RequestError, RequestErrorKind};
#[cfg(feature = "websocket")]
pub use asking::{SocketError, Upgrade, WebSocket};
pub use backend::{Backend, EncodeError, Verdict};
pub use builder::{DeliveryBuilder, StartError};
pub use delivery::{Delivery, Flush, Shutdown};
pub use queue::{Dropped, Queue};
pub use report::{Report, SinkReport};
pub use retry::{Retry, retry_after};
pub use sink_options::{InvalidOption, SinkError, SinkOptions};
pub use too_large::is_too_large;
pub use transport::endpoint::{Endpoint, InvalidEndpoint, InvalidEndpointKind, Url};
pub use transport::header::{InvalidHeader, InvalidHeaderKind, secret_header};
pub use transport::options::{HttpOptions, HttpOptionsError};
pub use transport::tls_options::{Pem, TlsError, TlsOptions};
