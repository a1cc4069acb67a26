//! Decides which traces are recorded.

mod branches;
mod environment;
pub(crate) mod input;
pub(crate) mod invalid_sampler;
#[cfg(feature = "serde")]
mod named_sampler;
mod pattern;
pub(crate) mod per_operation;
mod rate_limit;
mod ratio;
mod reloadable;
mod rules;
pub(crate) mod sampler;
pub(crate) mod sampler_handle;
pub(crate) mod span_match;
#[cfg(test)]
mod tests;
