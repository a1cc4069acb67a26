//! Workers, which run tasks.

pub(crate) mod tasks;
pub(crate) mod worker;
pub(crate) mod worker_builder;
pub(crate) mod worker_names;
