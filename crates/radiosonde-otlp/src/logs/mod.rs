//! Log lines as OTLP's log records.

mod attribute_value;
mod builder;
mod distinct_times;
mod export;
mod message;
mod record;
mod sink;

pub use builder::OtlpLogsBuilder;
pub use sink::OtlpLogs;
