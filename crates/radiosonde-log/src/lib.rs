#![doc = include_str!("../README.md")]

mod bridge;
mod builder;
mod events;
mod filtering;
mod layer;
mod meter;
mod panicking;
mod planning;
pub mod recent;
mod rendering;
mod schemas;
mod spans;
mod writing;

pub use bridge::{BridgeError, bridge_log_records};
pub use builder::{BuildError, Format, JsonLayerBuilder};
pub use filtering::filter::{InvalidFilter, InvalidFilterKind, LogFilter};
pub use layer::JsonLayer;
pub use panicking::backtrace::PanicBacktrace;
pub use panicking::hook::{PanicHook, PanicHookError};
#[doc(hidden)]
pub use tracing as __tracing;
pub use writing::attributes::Attributes;
pub use writing::line::{Line, LineSink};
pub use writing::writer::{OpenError, Writer};
