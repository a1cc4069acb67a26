//! The delivery thread and its tasks, one for each sink.

pub(crate) mod completion;
mod exchange;
mod in_flight;
pub(crate) mod poll_task;
pub(crate) mod sink_task;
pub(crate) mod thread;
