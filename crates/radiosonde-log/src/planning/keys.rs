use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::schemas::slot::Slot;

/// A key of a line by number: equal names have equal numbers, so that nobody compares names while a line is made.
///
/// The first [`Slot::MAX`] numbers are those of the slots, whatever the field that fills one is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(u32);

impl Key {
    pub(crate) const fn of_slot(slot: Slot) -> Self {
        Self(slot.index() as u32)
    }

    /// The slot, for a key that is one's.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) const fn is_slot(self) -> bool {
        self.index() < Slot::MAX
    }

    /// One bit of 64, which other keys may share: sets of keys that have no bit in common have no key in common.
    pub(crate) const fn bit(self) -> u64 {
        1 << (self.0 % 64)
    }
}

/// Numbers the names of fields that have no slot. Names come from source code: their number is bounded.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    known: Mutex<HashMap<Box<str>, Key>>,
}

impl Keys {
    pub(crate) fn of(&self, name: &str) -> Key {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(name) {
            return *key;
        }
        // Past four thousand million names the last number is shared, and of two such fields one is shown.
        let key = Key(u32::try_from(Slot::MAX + known.len()).unwrap_or(u32::MAX));
        known.insert(name.into(), key);
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_have_equal_numbers_and_none_has_a_slots() {
        let keys = Keys::default();
        let (a, b) = (keys.of("a"), keys.of("b"));
        assert_eq!(keys.of("a"), a);
        assert_ne!(a, b);
        assert!(Slot::all().all(|slot| Key::of_slot(slot) != a && Key::of_slot(slot) != b));
    }
}
