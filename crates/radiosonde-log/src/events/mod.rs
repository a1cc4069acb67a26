//! Macros for kinds of events that `tracing` does not have.

mod audit;
mod fatal;
mod metric;
pub(crate) mod target;
