//! From records of the `log` crate to events.

pub(crate) mod bridge;
pub(crate) mod pairs;
