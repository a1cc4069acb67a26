#![doc = include_str!("../README.md")]

mod builder;
mod compression;
mod encode;
mod export;
mod headers;
mod policy;
mod proto;
mod spans;

pub use builder::{BuildError, OtlpSpansBuilder};
pub use compression::{Compression, InvalidCompression};
pub use headers::{Headers, InvalidHeaders, InvalidHeadersKind};
pub use spans::OtlpSpans;
