//! The delivery thread and its tasks, one for each sink.

pub(crate) mod completion;
pub(crate) mod sink_task;
pub(crate) mod thread;
