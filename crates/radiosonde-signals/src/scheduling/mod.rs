//! Work that runs at certain times.

mod runs;
mod schedule;
pub(crate) mod scheduled_job;
pub(crate) mod scheduled_job_builder;
