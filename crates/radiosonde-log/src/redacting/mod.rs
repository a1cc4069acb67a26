//! Redacts values by the key of their field and by their format.

pub(crate) mod card;
pub(crate) mod default_keys;
pub(crate) mod detector;
pub(crate) mod key;
pub(crate) mod key_value;
pub(crate) mod neighbour;
pub(crate) mod pattern;
pub(crate) mod redaction;
pub(crate) mod scrub;
pub(crate) mod tokens;
