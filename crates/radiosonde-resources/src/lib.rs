#![doc = include_str!("../README.md")]

mod cgroup;
mod chosen;
mod declaring;
mod disks;
mod host;
mod host_cpu;
mod monitor;
mod networks;
mod process;

pub use chosen::ResourceNames;
pub use monitor::builder::ResourceMonitorBuilder;
pub use monitor::resource_monitor::ResourceMonitor;
