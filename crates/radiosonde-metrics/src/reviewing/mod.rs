//! What a registry says of its metrics to those who read code rather than scrapes.

pub(crate) mod catalogue;
pub(crate) mod json;
pub(crate) mod lint;
pub(crate) mod problem;
