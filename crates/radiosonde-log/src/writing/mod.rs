//! From finished lines to where they are kept.

pub(crate) mod announcement;
#[cfg_attr(not(unix), path = "at_exit_off.rs")]
pub(crate) mod at_exit;
pub(crate) mod attributes;
pub(crate) mod delivering;
pub(crate) mod failure;
pub(crate) mod file;
pub(crate) mod forward;
pub(crate) mod handle;
pub(crate) mod line;
pub(crate) mod lines;
#[cfg_attr(not(unix), path = "without_null_device.rs")]
pub(crate) mod null_device;
pub(crate) mod output;
pub(crate) mod queue;
pub(crate) mod queue_options;
pub(crate) mod watched;
pub(crate) mod writer;
