#![doc = include_str!("../README.md")]

mod callgrind;
mod calls;
mod expected;
mod lines;
mod operation;
mod operations;
mod requests;
mod series_bytes;
mod spans;

pub use callgrind::{CallgrindError, code_lines, instructions};
pub use expected::{Compared, Expected, InvalidExpected, compiler};
pub use operation::Operation;
pub use operations::{all, find};
pub use series_bytes::{SeriesBytes, series_bytes};
