#![doc = include_str!("../README.md")]

mod catalogue;
mod json;
mod lint;
mod problem;

pub use catalogue::Catalogue;
pub use lint::lint;
pub use problem::{Finding, Problem};
