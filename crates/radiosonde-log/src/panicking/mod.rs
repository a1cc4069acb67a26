//! Turns panics into lines.

pub(crate) mod backtrace;
pub(crate) mod hook;
pub(crate) mod report;
