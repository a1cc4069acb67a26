//! Log lines as OTLP's log records.

mod attribute_value;
mod distinct_times;
pub(crate) mod export;
mod message;
pub(crate) mod record;
pub(crate) mod sink;
