//! Metrics that are read at each scrape: of this process, its build and its registry.

pub(crate) mod build_info;
#[cfg_attr(any(target_os = "macos", windows), path = "process_sysinfo.rs")]
#[cfg_attr(not(any(target_os = "linux", target_os = "macos", windows)), path = "process_off.rs")]
mod process;
mod self_metrics;
