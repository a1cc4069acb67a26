//! What is kept of a span while it is open.

pub(crate) mod attributes;
pub(crate) mod directives;
pub(crate) mod fields;
pub(crate) mod limits;
pub(crate) mod mark;
pub(crate) mod record;
