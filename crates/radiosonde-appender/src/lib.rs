#![doc = include_str!("../README.md")]

#[cfg_attr(not(unix), path = "at_exit_off.rs")]
mod at_exit;
mod direct;
mod drop_counters;
mod drop_reason;
mod drops;
mod failure;
mod file;
mod lines;
#[cfg_attr(not(unix), path = "null_device_off.rs")]
mod null_device;
mod output;
mod output_metrics;
mod queue;
mod queue_options;
mod reentrancy_guard;
mod stream;
mod writer;

pub use drop_counters::DropCounters;
pub use drop_reason::DropReason;
pub use drops::{DropNotice, Drops};
pub use file::file_error::{FileError, OpenError};
pub use file::file_options::FileOptions;
pub use file::reopen::Reopen;
pub use file::rotation::Rotation;
pub use output::{Output, WriterReport, Written};
pub use output_metrics::OutputMetrics;
pub use queue_options::{CLOSE_WITHIN, InvalidQueue, QueueOptions};
pub use reentrancy_guard::ReentrancyGuard;
pub use writer::Writer;
