//! The monitor and its builder.

pub(crate) mod builder;
pub(crate) mod resource_monitor;
