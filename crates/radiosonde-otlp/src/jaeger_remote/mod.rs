//! Sampling as a Jaeger decides: its strategies are polled on the delivery thread.

mod build_error;
mod invalid_setting;
mod options;
mod poller;
mod strategy;

pub use build_error::JaegerRemoteBuildError;
pub use invalid_setting::InvalidJaegerRemoteSetting;
pub use options::JaegerRemoteOptions;
