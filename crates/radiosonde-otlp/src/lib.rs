#![doc = include_str!("../README.md")]

mod export;
mod headers;
#[cfg(feature = "jaeger-remote")]
mod jaeger_remote;
mod logs;
mod options;
mod proto;
mod resource;
mod spans;

pub use export::compression::{Compression, InvalidCompression};
pub use export::otlp_protocol::{InvalidOtlpProtocol, OtlpProtocol};
pub use headers::{InvalidHeaderList, parse_headers};
#[cfg(feature = "jaeger-remote")]
pub use jaeger_remote::{InvalidJaegerRemoteSetting, JaegerRemoteBuildError, JaegerRemoteOptions};
pub use logs::sink::OtlpLogs;
pub use options::build_error::OtlpBuildError;
pub use options::otlp_options::OtlpOptions;
pub use options::signal_options::OtlpSignalOptions;
pub use spans::sink::OtlpSpans;
