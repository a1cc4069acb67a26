#![doc = include_str!("../README.md")]

mod resource_monitor;

pub use resource_monitor::ResourceMonitor;
