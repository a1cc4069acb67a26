#![doc = include_str!("../README.md")]

mod catalogue;
mod golden;
mod json;
mod lint;
mod markdown;
mod problem;

pub use catalogue::Catalogue;
pub use golden::{GoldenQueries, GoldenTable, NoQuery};
pub use lint::lint;
pub use problem::{Finding, Problem};
