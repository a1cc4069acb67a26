//! From a panic to a line.

pub(crate) mod backtrace;
pub(crate) mod hook;
pub(crate) mod report;
