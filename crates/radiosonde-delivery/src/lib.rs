#![doc = include_str!("../README.md")]

mod backend;
mod buffer;
mod builder;
mod client;
mod completion;
mod deadline;
mod delivery;
mod endpoint;
mod ledger;
mod meters;
mod queue;
mod report;
mod retry;
mod sink_options;
mod sink_task;
mod tls;
mod worker;

pub use backend::{Backend, EncodeError, Verdict};
pub use builder::{DeliveryBuilder, StartError};
pub use delivery::{Delivery, Flush, Shutdown};
pub use endpoint::{Endpoint, InvalidEndpoint, InvalidEndpointKind};
pub use queue::{Dropped, Queue};
pub use report::{Report, SinkReport};
pub use retry::{Retry, retry_after};
pub use sink_options::{InvalidOption, SinkError, SinkOptions};
pub use tls::InvalidCertificates;
