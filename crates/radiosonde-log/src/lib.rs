#![doc = include_str!("../README.md")]

mod bridge;
mod builder;
mod escape;
mod fatal;
mod fields;
mod filter;
mod json;
mod layer;
mod line;
mod meter;
mod output;
mod pretty;
mod recorder;
mod scratch;
mod shorten;
mod slot;
mod timestamp;
mod value;
mod writer;

pub use bridge::{BridgeError, bridge_log_records};
pub use builder::{BuildError, Format, JsonLayerBuilder};
pub use filter::{InvalidFilter, InvalidFilterKind, LogFilter};
pub use layer::JsonLayer;
pub use line::{Line, LineSink};
#[doc(hidden)]
pub use tracing as __tracing;
pub use writer::{OpenError, Writer};
