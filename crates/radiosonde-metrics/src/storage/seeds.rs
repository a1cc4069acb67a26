use std::hash::{BuildHasher as _, RandomState};

/// Number of words in a short key. A method, a route and a status fit, and seven short values at most.
pub(crate) const WORDS: usize = 8;

/// The seeds of one table's hashes, so that label values that collide cannot be chosen.
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
