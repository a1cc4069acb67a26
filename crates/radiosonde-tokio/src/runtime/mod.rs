//! Metrics of a tokio runtime.

mod families;
pub(crate) mod tokio_runtime;
#[cfg_attr(not(tokio_unstable), path = "unstable_off.rs")]
mod unstable;
