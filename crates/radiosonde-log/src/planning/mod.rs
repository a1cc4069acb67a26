//! What is decided once per callsite, so that an event only has to follow it.

pub(crate) mod plan;
pub(crate) mod plans;
pub(crate) mod record_keys;
