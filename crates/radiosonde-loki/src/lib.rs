#![doc = include_str!("../README.md")]

mod authorization;
mod builder;
mod entry;
mod label;
mod policy;
mod proto;
mod push;
mod sink;
mod tenant;

pub use builder::{BuildError, LokiSinkBuilder};
pub use label::{InvalidLabel, InvalidLabelKind};
pub use sink::LokiSink;
pub use tenant::InvalidTenant;
