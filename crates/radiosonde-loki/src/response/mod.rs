//! Loki's responses to queries.

pub(crate) mod labels;
pub(crate) mod line_fields;
pub(crate) mod log_entry;
pub(crate) mod query_error;
pub(crate) mod query_response;
pub(crate) mod sample;
pub(crate) mod wire;
