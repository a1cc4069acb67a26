//! Interoperation in both directions between our registry and one of the `prometheus` crate.

pub(crate) mod absorb;
pub(crate) mod adapter;
mod fields;
mod model;
mod read_fields;
mod write_fields;
