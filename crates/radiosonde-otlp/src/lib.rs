#![doc = include_str!("../README.md")]

mod builder;
mod compression;
mod connection;
mod encode;
mod export;
mod headers;
mod logs;
mod non_finite;
mod policy;
mod proto;
mod signal;
mod spans;

pub use builder::{BuildError, OtlpSpansBuilder};
pub use compression::{Compression, InvalidCompression};
pub use headers::{InvalidHeaderList, parse_headers};
pub use logs::{OtlpLogs, OtlpLogsBuilder};
pub use spans::OtlpSpans;
