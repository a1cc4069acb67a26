#![doc = include_str!("../README.md")]

mod build_error;
mod classify;
mod gateway;
mod labels;
mod push;
mod remote_write;

pub use build_error::PushBuildError;
pub use gateway::options::PushgatewayOptions;
pub use gateway::pushgateway::Pushgateway;
pub use labels::grouping::{InvalidGrouping, InvalidGroupingKind};
pub use labels::write_label::InvalidWriteLabel;
pub use push::{Finish, Push};
pub use remote_write::options::RemoteWriteOptions;
pub use remote_write::writer::RemoteWrite;
