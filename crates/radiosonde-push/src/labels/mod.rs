//! Names and values of labels, by the rules of their receivers.

pub(crate) mod grouping;
pub(crate) mod write_label;
