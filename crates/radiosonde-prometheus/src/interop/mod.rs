//! Interoperation in both directions between our registry and one of the `prometheus` crate.

pub(crate) mod absorb;
pub(crate) mod adapter;
mod disclose;
mod enclose;
mod fields;
mod model;
