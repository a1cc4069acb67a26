//! Both directions between our registry and the one of the `prometheus` crate.

pub(crate) mod absorb;
pub(crate) mod adapter;
mod disclose;
mod enclose;
mod fields;
mod model;
