//! Which events become lines.

pub(crate) mod audit;
pub(crate) mod boost;
pub(crate) mod control;
pub(crate) mod controlled;
pub(crate) mod counts;
pub(crate) mod directive;
pub(crate) mod filter;
pub(crate) mod keeper;
pub(crate) mod levels;
mod whole;
