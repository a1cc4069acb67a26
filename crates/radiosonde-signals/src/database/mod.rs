//! Databases: their queries, and the pools of their connections.

#[allow(clippy::module_inception, reason = "the room is about its database")]
pub(crate) mod database;
pub(crate) mod database_builder;
pub(crate) mod database_names;
pub(crate) mod pool_state;
mod pools;
mod query_span;
