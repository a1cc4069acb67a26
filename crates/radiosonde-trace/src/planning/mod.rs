//! What is known of a callsite before its first span or event.

pub(crate) mod plan;
pub(crate) mod visitor;
