//! Label values in one piece: what a series is found by.

use crate::storage::short_key::ShortKey;

/// The label values of a series. `("ab", "c")` and `("a", "bc")` are different keys.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// In the series itself.
    Short(ShortKey),
    /// What does not fit: each value after its length.
    Long(Box<[u8]>),
}

impl Default for Key {
    fn default() -> Self {
        Self::Short(ShortKey::EMPTY)
    }
}

pub(crate) fn push_long(key: &mut Vec<u8>, value: &str) {
    key.extend_from_slice(&length(value));
    key.extend_from_slice(value.as_bytes());
}

/// What is left of a long key after this value, if it is the value there.
pub(crate) fn skip_long<'a>(key: &'a [u8], value: &str) -> Option<&'a [u8]> {
    key.strip_prefix(&length(value))?.strip_prefix(value.as_bytes())
}

/// A value of 4 GiB does not fit in memory twice; saturating keeps the conversion total.
fn length(value: &str) -> [u8; 4] {
    u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes()
}
