use crate::storage::seeds::{Seeds, WORDS, mix};

/// The label values of a series in a few words, and their lengths in one more: made, hashed and compared without a call.
///
/// A value of up to 8 bytes takes one word, of up to 16 two, of up to 32 four: its ends, which overlap. With the length they are the value
/// itself, so that keys are equal where the values are, and only there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShortKey([u64; WORDS]);

/// A [`ShortKey`] being made.
#[derive(Debug)]
pub(crate) struct ShortKeyBuilder {
    key: ShortKey,
    /// Where the next value goes; beyond the end if one did not fit.
    next: usize,
}

impl ShortKeyBuilder {
    #[inline]
    pub(crate) const fn new() -> Self {
        // The first word is for the lengths.
        Self { key: ShortKey::EMPTY, next: 1 }
    }

    #[inline]
    pub(crate) fn push(&mut self, value: &[u8]) {
        match (value.first_chunk(), value.last_chunk()) {
            _ if value.len() <= 8 => self.put([eight(value)]),
            (Some(first), Some(last)) if value.len() <= 16 => self.put([word(first), word(last)]),
            (Some(first), Some(last)) if value.len() <= 32 => {
                self.put([word(first), word(last), middle(value, 8), middle(value, value.len() - 16)]);
            }
            _ => self.next = WORDS + 1,
        }
        // At most 33, of at most seven values. One more than the length, because nothing is not an empty value.
        self.key.0[0] = self.key.0[0] << 8 | (value.len() as u64 + 1);
    }

    #[inline]
    fn put<const N: usize>(&mut self, value: [u64; N]) {
        if let Some(words) = self.key.0.get_mut(self.next..).and_then(<[u64]>::first_chunk_mut) {
            *words = value;
            self.next += N;
        } else {
            self.next = WORDS + 1;
        }
    }

    /// `None` if the values did not fit. Lent, because a copy would wait for what is still on its way to memory.
    #[inline]
    pub(crate) fn key(&self) -> Option<&ShortKey> {
        (self.next <= WORDS).then_some(&self.key)
    }
}

impl ShortKey {
    pub(crate) const EMPTY: Self = Self([0; WORDS]);

    #[inline]
    pub(crate) fn hash(&self, seeds: &Seeds) -> u64 {
        let Seeds(seeds) = seeds;
        let sum = (0..WORDS / 2).fold(0, |sum, pair| {
            let [a, b] = [2 * pair, 2 * pair + 1].map(|at| self.0[at] ^ seeds[at]);
            sum ^ mix(a, b)
        });
        // Once more: numbered values differ in few bits, and of products with one number some ends are alike.
        mix(sum ^ seeds[0], seeds[1])
    }

    /// As equality, in words as they were written: one after the other, a processor reads what is still on its way to memory.
    #[inline]
    pub(crate) fn is(&self, other: &Self) -> bool {
        (0..WORDS).fold(0, |differ, at| differ | (self.0[at] ^ other.0[at])) == 0
    }
}

#[inline]
const fn word(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
}

/// The eight bytes from here on.
#[inline]
fn middle(value: &[u8], from: usize) -> u64 {
    value.get(from..).and_then(<[u8]>::first_chunk).map_or(0, word)
}

/// At most eight bytes.
#[inline]
fn eight(value: &[u8]) -> u64 {
    match (value, value.first_chunk(), value.last_chunk()) {
        (_, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        ([first, .., last], ..) => u64::from(*first) << 16 | u64::from(value[1]) << 8 | u64::from(*last),
        ([only], ..) => u64::from(*only),
        _ => 0,
    }
}
