//! What must not leave the process: by the key of a field, and by what a value looks like.

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
