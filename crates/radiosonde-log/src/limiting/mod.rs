//! Bounds the number of lines by rate limits and sampling.

pub(crate) mod callsite_policy;
pub(crate) mod keyed;
pub(crate) mod rules;
pub(crate) mod sampling;
mod shared;
pub(crate) mod volume;
pub(crate) mod volume_limits;
