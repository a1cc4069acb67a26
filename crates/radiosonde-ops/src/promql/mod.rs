//! Parts of PromQL, written from the entries of a catalogue.

mod literal;
mod promql_duration;
mod scope;
mod selector;

pub(crate) use literal::{literal, quoted};
pub(crate) use promql_duration::promql_duration;
pub(crate) use scope::Scope;
