//! Label values in one piece: what a series is found by.

/// The label values of a series, each preceded by its length, so that `("ab", "c")` and `("a", "bc")` are different keys.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// In the series itself, filled up with zeroes.
    Short([u8; SHORT]),
    /// With lengths of four bytes.
    Long(Box<[u8]>),
}

/// A method, a route and a status fit.
const SHORT: usize = 47;

impl Default for Key {
    fn default() -> Self {
        Self::Short([0; SHORT])
    }
}

impl Key {
    pub(crate) fn new(each: impl Fn(&mut dyn FnMut(&str))) -> Self {
        let (mut short, mut end) = ([0; SHORT], Some(0));
        each(&mut |value| end = end.and_then(|end| put(&mut short, end, value)));
        if end.is_some() {
            return Self::Short(short);
        }
        let mut long = Vec::new();
        each(&mut |value| {
            long.extend_from_slice(&long_length(value));
            long.extend_from_slice(value.as_bytes());
        });
        Self::Long(long.into())
    }
}

/// Puts a value after the first `end` bytes; the new end, if it fits. One more than its length comes first, because zero is nothing.
fn put(key: &mut [u8; SHORT], end: usize, value: &str) -> Option<usize> {
    let next = end + 1 + value.len();
    let (length, bytes) = key.get_mut(end..next)?.split_first_mut()?;
    *length = u8::try_from(value.len() + 1).ok()?;
    bytes.copy_from_slice(value.as_bytes());
    Some(next)
}

/// The end of a value that begins at `at` in a short key, if this is the value there.
#[inline]
pub(crate) fn skip(key: &[u8; SHORT], at: usize, value: &[u8]) -> Option<usize> {
    let end = at + 1 + value.len();
    let there = key.get(at..end)?;
    let same = usize::from(there[0]) == value.len() + 1 && same(&there[1..], value);
    same.then_some(end)
}

/// Whether a short key ends here.
#[inline]
pub(crate) fn ends(key: &[u8; SHORT], at: usize) -> bool {
    key.get(at).is_none_or(|&length| length == 0)
}

/// What is left of a long key after this value, if it is the value there.
#[cold]
pub(crate) fn skip_long<'a>(key: &'a [u8], value: &str) -> Option<&'a [u8]> {
    key.strip_prefix(&long_length(value))?.strip_prefix(value.as_bytes())
}

/// A value of 4 GiB does not fit in memory twice; saturating keeps the conversion total.
fn long_length(value: &str) -> [u8; 4] {
    u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes()
}

/// Whether two texts of one length are the same. Short ones are compared by their ends, which overlap: no call, no loop.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    match (a.first_chunk::<8>(), a.last_chunk::<8>(), b.first_chunk(), b.last_chunk()) {
        (Some(a_first), Some(a_last), Some(b_first), Some(b_last)) => {
            a_first == b_first && a_last == b_last && (b.len() <= 16 || same_within(a, b))
        }
        _ => few(a) == few(b),
    }
}

/// As [`same`], for more than 16 bytes.
#[inline]
fn same_within(a: &[u8], b: &[u8]) -> bool {
    match (a.first_chunk::<16>(), a.last_chunk::<16>()) {
        (Some(first), Some(last)) if b.len() <= 32 => {
            b.first_chunk() == Some(first) && b.last_chunk() == Some(last)
        }
        _ => a == b,
    }
}

/// At most seven bytes as a number; not the length.
#[inline]
fn few(value: &[u8]) -> u64 {
    match (value, value.first_chunk(), value.last_chunk()) {
        (_, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        ([first, .., last], ..) => u64::from(*first) << 16 | u64::from(value[1]) << 8 | u64::from(*last),
        ([only], ..) => u64::from(*only),
        _ => 0,
    }
}

/// What makes the hashes of one table unlike those of another, so that nobody can choose label values that collide.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seeds(pub(crate) u64, u64);

impl Seeds {
    pub(crate) fn new() -> Self {
        use std::hash::{BuildHasher as _, RandomState};

        // A model has to do the same in every run.
        if cfg!(loom) {
            return Self(1, 2);
        }
        let random = RandomState::new();
        Self(random.hash_one(0), random.hash_one(1))
    }

    /// The state after one more value: after its ends, which overlap, and after all that is between them.
    #[inline]
    pub(crate) fn hash(self, state: u64, value: &[u8]) -> u64 {
        let length = (value.len() as u64) << 56;
        match (value.first_chunk(), value.last_chunk()) {
            (Some(first), Some(last)) => {
                let state = if value.len() > 16 { self.hash_middle(state, value) } else { state };
                mix(state ^ u64::from_le_bytes(*first), self.1 ^ u64::from_le_bytes(*last) ^ length)
            }
            _ => mix(state ^ few(value), self.1 ^ length),
        }
    }

    fn hash_middle(self, mut state: u64, value: &[u8]) -> u64 {
        let (middle, rest) = value[8..].as_chunks();
        for word in middle {
            state = mix(state ^ u64::from_le_bytes(*word), self.1);
        }
        state ^ rest.len() as u64
    }
}

/// The two halves of a product on top of each other: every bit of either number reaches every bit of the result.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "the lower half, and the upper")]
const fn mix(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}
