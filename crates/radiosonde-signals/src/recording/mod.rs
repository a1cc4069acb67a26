//! One unit of work: its record, and how it ended.

pub(crate) mod ended;
mod failure;
pub(crate) mod record;
pub(crate) mod unit_of_work;
