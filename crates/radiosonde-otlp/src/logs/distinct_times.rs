use std::collections::HashMap;
use std::mem;

/// How many times are remembered, at least; twice as many at most.
const REMEMBERED: usize = 4096;

/// Gives records times of their own: Loki takes two records of a resource with the same time, body and attributes for one, and
/// versions before its structured metadata do not compare the attributes. Two equal records are two events.
///
/// A record whose time another one has gets the next nanosecond that is free. No other is touched, and none moves further than
/// by as many nanoseconds as there are records in its way.
#[derive(Debug, Default)]
pub(super) struct DistinctTimes {
    /// From each time that was given to the next one that may be free.
    given: HashMap<u64, u64>,
    /// The same, of before `given` was begun: the whole is forgotten by halves.
    before: HashMap<u64, u64>,
}

impl DistinctTimes {
    /// The time for a record of this time; 0, which stands for an unknown one, stays.
    pub(super) fn give(&mut self, time: u64) -> u64 {
        if time == 0 {
            return 0;
        }
        let mut free = time;
        while let Some(next) = self.after(free) {
            free = next;
        }
        if self.given.len() >= REMEMBERED {
            self.before = mem::take(&mut self.given);
        }
        // At the end of time there is no next one.
        let next = free.saturating_add(1);
        if next > free {
            self.given.insert(free, next);
            // From its own time the way is short the next time.
            self.given.insert(time, next);
        }
        free
    }

    fn after(&self, time: u64) -> Option<u64> {
        self.given.get(&time).or_else(|| self.before.get(&time)).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::{prop_assert, proptest};

    use super::*;

    #[test]
    fn equal_times_are_told_apart_by_nanoseconds_and_others_stay() {
        let mut times = DistinctTimes::default();
        let given: Vec<_> = [5, 5, 9, 5, 6, 9, 3, 0, 0].into_iter().map(|time| times.give(time)).collect();
        assert_eq!(given, [5, 6, 9, 7, 8, 10, 3, 0, 0]);
        assert_eq!((times.give(u64::MAX), times.give(u64::MAX)), (u64::MAX, u64::MAX));
    }

    #[test]
    fn a_hundred_thousand_of_one_time_are_told_apart_in_bounded_memory() {
        let mut times = DistinctTimes::default();
        for n in 0..100_000 {
            assert_eq!(times.give(7), 7 + n);
            assert!(times.given.len() <= REMEMBERED + 1 && times.before.len() <= REMEMBERED + 1);
        }
    }

    proptest! {
        #[test]
        fn no_time_is_given_twice_or_moved_further_than_others_stand_in_its_way(
            asked in proptest::collection::vec(1_u64..40, 0..200)
        ) {
            let mut times = DistinctTimes::default();
            let mut seen = HashSet::new();
            for time in asked {
                let given = times.give(time);
                prop_assert!(given >= time && (time..given).all(|other| seen.contains(&other)));
                prop_assert!(seen.insert(given));
            }
        }
    }
}
