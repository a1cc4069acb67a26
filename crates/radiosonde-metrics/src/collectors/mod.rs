//! Metrics that are read when somebody asks: of this process and of its build.

pub(crate) mod build_info;
#[cfg_attr(not(target_os = "linux"), path = "process_unknown.rs")]
mod process;
