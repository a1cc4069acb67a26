#![doc = include_str!("../README.md")]

mod encoded;
mod error;
mod grouping;
mod one_at_a_time;
mod policy;
mod proto;
mod push;
mod pusher;
mod pushgateway;
mod remote_write;
mod series;
mod spelling;

pub use error::PushBuildError;
pub use grouping::{InvalidGrouping, InvalidGroupingKind};
pub use push::{Finish, Push};
pub use pushgateway::{Pushgateway, PushgatewayBuilder};
pub use remote_write::{InvalidWriteLabel, RemoteWrite, RemoteWriteBuilder};
