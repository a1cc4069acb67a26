use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::schemas::reserved_key::ReservedKey;

/// A key of a line by number: equal names have equal numbers, so that nobody compares names while a line is made.
///
/// The first [`ReservedKey::MAX`] numbers are those of the reserved keys, whatever the field that fills one is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(u32);

impl Key {
    pub(crate) const fn of_reserved(reserved_key: ReservedKey) -> Self {
        Self(reserved_key.index() as u32)
    }

    /// The reserved key, for a key that is one's.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) const fn is_reserved(self) -> bool {
        self.index() < ReservedKey::MAX
    }

    /// Whether its name is not kept, so that the name may get another.
    pub(crate) const fn passes(self) -> bool {
        self.0 >= PASSING
    }

    /// One bit of 64, which other keys may share: sets of keys that have no bit in common have no key in common.
    pub(crate) const fn bit(self) -> u64 {
        1 << (self.0 % 64)
    }
}

/// Numbers the names of fields that have no reserved key.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// Names from source code, whose number is bounded.
    known: Mutex<HashMap<Box<str>, Key>>,
    /// How many those are.
    count: AtomicUsize,
    /// How many names were numbered that are not kept.
    passed: AtomicU32,
}

/// The numbers from here on are those of names that are not kept.
const PASSING: u32 = 1 << 31;

impl Keys {
    pub(crate) fn of(&self, name: &str) -> Key {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(name) {
            return *key;
        }
        // Past two thousand million names the last number is shared, and of two such fields one is shown.
        let key = Key(u32::try_from(ReservedKey::MAX + known.len()).unwrap_or(PASSING).min(PASSING - 1));
        known.insert(name.into(), key);
        // Release: a thread that sees the count finds the name.
        self.count.store(known.len(), Ordering::Release);
        key
    }

    /// The number of a name that was made at run time and is not kept here: that of the same name in source code, or a new one, which comes
    /// again after two thousand million others.
    pub(crate) fn passing(&self, name: &str) -> Key {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).copied().unwrap_or_else(|| {
            // Relaxed: the numbers only have to differ.
            Key(self.passed.fetch_add(1, Ordering::Relaxed) | PASSING)
        })
    }

    /// How many names are known from source code. When it has changed, what [`passing`](Self::passing) gave may be wrong.
    pub(crate) fn count(&self) -> usize {
        // Acquire: with the names.
        self.count.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_have_equal_numbers_and_none_has_a_reserved_one() {
        let keys = Keys::default();
        let (a, b) = (keys.of("a"), keys.of("b"));
        assert_eq!(keys.of("a"), a);
        assert_ne!(a, b);
        assert!(
            ReservedKey::all().all(
                |reserved_key| Key::of_reserved(reserved_key) != a && Key::of_reserved(reserved_key) != b
            )
        );
    }

    #[test]
    fn a_name_that_passes_is_not_kept_and_has_the_number_of_source_code() {
        let keys = Keys::default();
        let passing = keys.passing("a");
        assert_eq!(keys.count(), 0);
        let known = keys.of("a");
        assert_eq!((keys.passing("a"), keys.count()), (known, 1));
        assert!(passing != known && passing != keys.passing("b") && !passing.is_reserved());
    }
}
