//! Finished spans as OTLP's spans.

mod encode;
pub(crate) mod protocol;
pub(crate) mod sink;
