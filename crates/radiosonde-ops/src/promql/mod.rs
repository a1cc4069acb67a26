//! Parts of PromQL, written from the entries of a catalogue.

mod bound;
mod literal;
mod log_stream;
mod merged;
mod promql_duration;
mod queries;
mod scope;
mod selector;
mod sums;

pub(crate) use bound::{le, spellings};
pub(crate) use literal::quoted;
pub(crate) use log_stream::log_stream;
pub(crate) use merged::merged;
pub(crate) use promql_duration::promql_duration;
pub(crate) use queries::grouped;
pub(crate) use scope::{Scope, counted_suffix};
pub(crate) use sums::{Sums, parenthesized, total};
