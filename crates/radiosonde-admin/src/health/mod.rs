//! Whether the process is alive and ready, by the checks that it declares.

mod board;
mod check;
pub(crate) mod check_builder;
pub(crate) mod future;
pub(crate) mod handle;
pub(crate) mod handle_builder;
pub(crate) mod report;
mod run_until;
#[cfg_attr(not(feature = "listener"), path = "runtime_of_check_off.rs")]
mod runtime_of_check;
mod self_metrics;
