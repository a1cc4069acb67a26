//! Turns records of the `log` crate into events.

pub(crate) mod bridge;
pub(crate) mod pairs;
