#![doc = include_str!("../README.md")]

mod asking;
mod backend;
mod buffer;
mod builder;
mod client;
mod completion;
mod deadline;
mod delivery;
mod endpoint;
mod header;
mod ledger;
mod meters;
mod queue;
mod ranked_queue;
mod report;
mod retry;
mod runtime_thread;
mod sink_options;
mod sink_task;
mod tls;
mod too_large;
mod worker;

pub use asking::{ClientError, HttpClient, HttpClientBuilder, Reply, RequestError, RequestErrorKind};
#[cfg(feature = "websocket")]
pub use asking::{SocketError, Upgrade, WebSocket};
pub use backend::{Backend, EncodeError, Verdict};
pub use builder::{DeliveryBuilder, StartError};
pub use delivery::{Delivery, Flush, Shutdown};
pub use endpoint::{Endpoint, InvalidEndpoint, InvalidEndpointKind};
pub use header::{InvalidHeader, InvalidHeaderKind, secret_header};
pub use queue::{Dropped, Queue};
pub use report::{Report, SinkReport};
pub use retry::{Retry, retry_after};
pub use sink_options::{InvalidOption, SinkError, SinkOptions};
pub use tls::InvalidCertificates;
pub use too_large::is_too_large;
