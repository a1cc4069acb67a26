#![doc = include_str!("../README.md")]

mod compression;
mod connection;
mod encode;
mod export;
mod headers;
mod logs;
mod non_finite;
mod options;
mod policy;
mod proto;
mod signal;
mod spans;

pub use compression::{Compression, InvalidCompression};
pub use headers::{InvalidHeaderList, parse_headers};
pub use logs::sink::OtlpLogs;
pub use options::{OtlpBuildError, OtlpOptions, OtlpSignalOptions};
pub use spans::OtlpSpans;
