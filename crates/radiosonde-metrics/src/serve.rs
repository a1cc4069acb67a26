//! For authors of services that serve a registry: what they negotiate beside the [`Dialect`](crate::Dialect).

pub use crate::exposition::accept::read_weight;
