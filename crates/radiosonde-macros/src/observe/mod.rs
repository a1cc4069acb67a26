//! `#[observe]`: a function of any shape, run as a call of an operation.

mod begin;
mod ended;
mod expand;
mod fields;
mod options;
mod returned;
mod shape;

pub(crate) use expand::observe;
