//! Models for loom of additions while another thread changes which buckets there are.

use std::time::{Duration, SystemTime};

use loom::sync::Arc;
use loom::thread;
use radiosonde_core::Clock;

use crate::instruments::native::buckets::{NativeBuckets, Totals};
use crate::instruments::native::index::end;
use crate::instruments::native::policy::Limited;
use crate::instruments::native::settings::Native;

/// A clock that stands still: a model has to do the same in every run.
#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// Adds both values at once to exponential buckets that have these already; what is counted then, in the zero bucket and in all.
fn add_both(native: Native, there: &'static [f64], values: [f64; 2]) {
    loom::model(move || {
        let buckets = Arc::new(NativeBuckets::new(native, &Stopped));
        let add = |buckets: &NativeBuckets, value: f64| {
            if !buckets.add(value) {
                assert!(buckets.add_anyway(value, &Limited::default(), &Stopped, Totals::default));
            }
        };
        there.iter().for_each(|value| add(&buckets, *value));
        let other = thread::spawn({
            let buckets = Arc::clone(&buckets);
            move || add(&buckets, values[1])
        });
        add(&buckets, values[0]);
        other.join().unwrap();
        let reading = buckets.read(&Stopped);
        let sample = reading.sample();
        let all: u64 = sample.positive.iter().map(|(_, count)| count).sum();
        assert_eq!(all + sample.zero_count, there.len() as u64 + 2);
        for (index, count) in sample.positive {
            let mine = there.iter().chain(&values).filter(|value| {
                **value > sample.zero_threshold
                    && **value <= end(*index, sample.schema)
                    && **value > end(*index - 1, sample.schema)
            });
            assert_eq!(mine.count() as u64, *count);
        }
    });
}

#[test]
fn no_observation_is_lost_while_another_halves_the_resolution() {
    let native = Native::new().schema(0).max_buckets(1).reset_after(None);
    add_both(native, &[2.0], [2.0, 4.0]);
}

#[test]
fn no_observation_is_lost_while_another_widens_the_zero_bucket() {
    let native = Native::new().schema(0).max_buckets(1).max_zero_threshold(2.0).reset_after(None);
    add_both(native, &[2.0], [2.0, 8.0]);
}

#[test]
fn two_who_make_the_same_bucket_share_it() {
    // Something is there, because loom does not know what a new level of slots passes on.
    add_both(Native::new().schema(0), &[16.0], [2.0, 2.0]);
}

#[test]
fn who_adds_while_it_begins_anew_is_counted_before_or_after() {
    loom::model(|| {
        let native = Native::new().schema(0).max_buckets(1).reset_after(Some(Duration::ZERO));
        let buckets = Arc::new(NativeBuckets::new(native, &Stopped));
        let add = |buckets: &NativeBuckets, value: f64| {
            if !buckets.add(value) {
                buckets.add_anyway(value, &Limited::default(), &Stopped, Totals::default);
            }
        };
        add(&buckets, 2.0);
        let other = thread::spawn({
            let buckets = Arc::clone(&buckets);
            move || add(&buckets, 4.0)
        });
        add(&buckets, 2.0);
        other.join().unwrap();
        let reading = buckets.read(&Stopped);
        // One bucket at a time: 4 alone, or 2 alone because it came last.
        let sample = reading.sample();
        assert!(matches!(sample.positive, [(2, 1)] | [(1, 1)]), "{:?}", sample.positive);
    });
}
