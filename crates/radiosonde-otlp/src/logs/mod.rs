//! Log lines as OTLP's log records.

mod attribute_value;
mod distinct_times;
mod protobuf;
pub(crate) mod protocol;
pub(crate) mod record;
pub(crate) mod sink;
