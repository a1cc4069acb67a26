use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::schemas::reserved_key::ReservedKey;

/// A numbered key of a line: equal names have equal numbers, so that names are not compared while a line is rendered.
///
/// The first [`ReservedKey::MAX`] numbers are those of the reserved keys, whatever the name of the field that fills one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(u32);

impl Key {
    pub(crate) const fn of_reserved(reserved_key: ReservedKey) -> Self {
        Self(reserved_key.index() as u32)
    }

    /// The index of the reserved key, for a reserved key.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) const fn is_reserved(self) -> bool {
        self.index() < ReservedKey::MAX
    }

    /// Whether its name is not kept, so that the name may get another number.
    pub(crate) const fn passes(self) -> bool {
        self.0 >= PASSING
    }

    /// One of 64 bits, which other keys may share: sets of keys without a common bit have no common key.
    pub(crate) const fn bit(self) -> u64 {
        1 << (self.0 % 64)
    }
}

/// Numbers the names of fields without a reserved key.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// Names from source code, which are bounded.
    known: Mutex<HashMap<Box<str>, Key>>,
    /// The number of those names.
    count: AtomicUsize,
    /// The number of names that were numbered and not kept.
    passed: AtomicU32,
}

/// Numbers from here on are of names that are not kept.
const PASSING: u32 = 1 << 31;

impl Keys {
    pub(crate) fn of(&self, name: &str) -> Key {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(name) {
            return *key;
        }
        // Beyond two thousand million names the last number is shared, and only one of two such fields is shown.
        let key = Key(u32::try_from(ReservedKey::MAX + known.len()).unwrap_or(PASSING).min(PASSING - 1));
        known.insert(name.into(), key);
        // Release: a thread that sees the count sees the name.
        self.count.store(known.len(), Ordering::Release);
        key
    }

    /// The number of a name created at run time, which is not kept: that of the same name in source code, or a new one,
    /// which is reused after two thousand million others.
    pub(crate) fn passing(&self, name: &str) -> Key {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).copied().unwrap_or_else(|| {
            // Relaxed: the numbers only have to differ.
            Key(self.passed.fetch_add(1, Ordering::Relaxed) | PASSING)
        })
    }

    /// The number of names known from source code. When it changes, earlier results of [`passing`](Self::passing) may be
    /// wrong.
    pub(crate) fn count(&self) -> usize {
        // Acquire: pairs with the Release that publishes the names.
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
