//! What the spans around an event hand down to its line.

mod node;
pub(crate) mod stack;
pub(crate) mod tree;
