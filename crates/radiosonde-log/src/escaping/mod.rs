//! Texts as contents of JSON strings, and back.

pub(crate) mod escape;
pub(crate) mod escaped_text;
