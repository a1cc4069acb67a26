//! Which events become lines.

pub(crate) mod filter;
