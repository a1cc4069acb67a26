//! Label values in one piece: what a series is found by.

use std::hash::{BuildHasher as _, RandomState};

use crate::families::short_key::{ShortKey, WORDS};

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

/// What makes the hashes of one table unlike those of another, so that nobody can choose label values that collide.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seeds(pub(crate) [u64; WORDS]);

impl Seeds {
    pub(crate) fn new() -> Self {
        // A model has to do the same in every run.
        let random = (!cfg!(loom)).then(RandomState::new);
        Self(std::array::from_fn(|at| random.as_ref().map_or(at as u64, |random| random.hash_one(at))))
    }

    /// The hash of a long key after one more value.
    pub(crate) fn hash_long(&self, state: u64, value: &[u8]) -> u64 {
        let [first, second, ..] = self.0;
        let (words, rest) = value.as_chunks();
        let rest = rest.iter().fold(0, |rest, byte| rest << 8 | u64::from(*byte));
        let words = words.iter().map(|word| u64::from_le_bytes(*word)).chain([rest, value.len() as u64]);
        words.fold(state, |state, word| mix(state ^ first, word ^ second))
    }
}

/// The two halves of a product on top of each other: every bit of either number reaches every bit of the result.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "the lower half, and the upper")]
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}
