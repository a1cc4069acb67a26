//! Writes finished lines to outputs and sinks.

pub(crate) mod announcement;
pub(crate) mod attributes;
pub(crate) mod forward;
pub(crate) mod handle;
pub(crate) mod line;
pub(crate) mod outputs;
pub(crate) mod own_lines;
pub(crate) mod style;
pub(crate) mod suppression;
pub(crate) mod watched;
