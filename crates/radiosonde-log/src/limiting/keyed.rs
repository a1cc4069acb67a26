use std::sync::{Mutex, PoisonError};

use radiosonde_core::gcra::Gcra;

const SETS: usize = 256;
const KEYS_OF_A_SET: usize = 8;

/// Allowances of keys, in a table of fixed size.
///
/// A key whose allowance is complete again is equal to a new one, so its entry is free. Keys that find no free entry in
/// their set share an allowance.
#[derive(Debug)]
pub(crate) struct Keyed(Box<[Mutex<Set>]>);

#[derive(Debug, Default)]
struct Set {
    keys: [Key; KEYS_OF_A_SET],
    others: u64,
}

#[derive(Debug, Default, Clone, Copy)]
struct Key {
    hash: u64,
    /// When the next event is due.
    due: u64,
}

impl Keyed {
    pub(crate) fn new() -> Self {
        Self((0..SETS).map(|_| Mutex::default()).collect())
    }

    /// Whether an event with this key passes.
    pub(crate) fn conforms(&self, gcra: Gcra, hash: u64, now: u64) -> bool {
        // The lowest bits choose the set; the remainder is less than the number of sets.
        #[allow(clippy::cast_possible_truncation, reason = "only the lowest bits matter")]
        let Some(set) = self.0.get(hash as usize % SETS) else { return true };
        let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
        let due = set.due(hash, now);
        match gcra.after(*due, now) {
            Some(next) => {
                *due = next;
                true
            }
            None => false,
        }
    }
}

impl Set {
    fn due(&mut self, hash: u64, now: u64) -> &mut u64 {
        let known = self.keys.iter().position(|key| key.hash == hash && key.due > now);
        let at = known.or_else(|| self.keys.iter().position(|key| key.due <= now));
        match at.and_then(|at| self.keys.get_mut(at)) {
            Some(key) => {
                key.hash = hash;
                &mut key.due
            }
            None => &mut self.others,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use radiosonde_core::Rate;

    const SECOND: u64 = 1_000_000_000;

    fn conforming(keyed: &Keyed, rate: Rate, hash: u64, events: usize, now: u64) -> usize {
        (0..events).filter(|_| keyed.conforms(Gcra::new(rate), hash, now)).count()
    }

    #[test]
    fn each_key_has_an_allowance_of_its_own_which_comes_back() {
        let (keyed, rate) = (Keyed::new(), Rate::per_second(3));
        for round in 1..4 {
            for hash in [1, 2, 1 + SETS as u64, 77] {
                assert_eq!(conforming(&keyed, rate, hash, 10, round * SECOND), 3);
            }
        }
    }

    #[test]
    fn keys_beyond_the_room_share_and_places_come_free() {
        let (keyed, rate) = (Keyed::new(), Rate::per_second(1));
        let of_one_set = |from: u64| (from..from + 20).map(|key| key * SETS as u64);
        let total = |from, now| -> usize {
            of_one_set(from).map(|hash| conforming(&keyed, rate, hash, 5, now)).sum()
        };
        assert_eq!(total(1, SECOND), KEYS_OF_A_SET + 1);
        assert_eq!(total(1, SECOND), 0);
        assert_eq!(total(100, 2 * SECOND), KEYS_OF_A_SET + 1);
    }
}
