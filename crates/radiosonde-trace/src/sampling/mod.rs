//! Decides which traces are recorded.

#[cfg(feature = "serde")]
mod named_sampler;
pub(crate) mod sampler;
