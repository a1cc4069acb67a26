use std::collections::HashMap;
use std::mem;

/// The fewest times remembered; at most twice as many are.
const REMEMBERED: usize = 4096;

/// Assigns distinct times to records: Loki deduplicates records of a resource with equal time, body and attributes, and versions
/// without structured metadata ignore the attributes. But two equal records are two events.
///
/// A record whose time is taken gets the next free nanosecond. Others keep their time, and none moves by more nanoseconds than
/// there are records in its way.
#[derive(Debug, Default)]
pub(super) struct DistinctTimes {
    /// Maps each assigned time to the next one that may be free.
    given: HashMap<u64, u64>,
    /// The map before `given`: the memory is cleared by halves.
    before: HashMap<u64, u64>,
}

impl DistinctTimes {
    /// The distinct time for a record of this time; 0, an unknown time, stays.
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
        // After the last time there is no next one.
        let next = free.saturating_add(1);
        if next > free {
            self.given.insert(free, next);
            // The next search from this time is short.
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
    fn equal_times_differ_by_nanoseconds_and_others_stay() {
        let mut times = DistinctTimes::default();
        let given: Vec<_> = [5, 5, 9, 5, 6, 9, 3, 0, 0].into_iter().map(|time| times.give(time)).collect();
        assert_eq!(given, [5, 6, 9, 7, 8, 10, 3, 0, 0]);
        assert_eq!((times.give(u64::MAX), times.give(u64::MAX)), (u64::MAX, u64::MAX));
    }

    #[test]
    fn a_hundred_thousand_equal_times_become_distinct_in_bounded_memory() {
        let mut times = DistinctTimes::default();
        for n in 0..100_000 {
            assert_eq!(times.give(7), 7 + n);
            assert!(times.given.len() <= REMEMBERED + 1 && times.before.len() <= REMEMBERED + 1);
        }
    }

    proptest! {
        #[test]
        fn no_time_is_assigned_twice_or_moved_too_far(
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
