#![doc = include_str!("../README.md")]

mod export;
mod headers;
mod logs;
mod options;
mod proto;
mod resource;
mod spans;

pub use export::compression::{Compression, InvalidCompression};
pub use headers::{InvalidHeaderList, parse_headers};
pub use logs::sink::OtlpLogs;
pub use options::{OtlpBuildError, OtlpOptions, OtlpSignalOptions};
pub use spans::sink::OtlpSpans;
