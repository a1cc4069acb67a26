//! Both directions between our registry and the `prometheus` crate's.

mod absorb;
mod adapter;
mod disclose;
mod enclose;
mod fields;
mod model;

pub use absorb::Absorbed;
pub use adapter::Adapter;
