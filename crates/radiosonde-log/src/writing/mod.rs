//! From finished lines to where they are kept.

pub(crate) mod attributes;
pub(crate) mod line;
pub(crate) mod output;
pub(crate) mod writer;
