//! Converts texts to the contents of JSON strings and back.

pub(crate) mod escape;
pub(crate) mod escaped_text;
