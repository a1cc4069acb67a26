//! Keeps the fields of open spans, which the lines within them inherit.

mod node;
pub(crate) mod stack;
pub(crate) mod tree;
