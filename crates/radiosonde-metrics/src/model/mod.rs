//! The data model of the exposition formats: names, kinds, labels, samples, and the visitor that is shown them.

pub(crate) mod exemplar;
pub(crate) mod kind;
pub(crate) mod label_set;
pub(crate) mod label_value_limit;
pub(crate) mod name;
pub(crate) mod sample_names;
pub(crate) mod samples;
pub(crate) mod visitor;
