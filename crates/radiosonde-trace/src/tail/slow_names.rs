use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::spans::encoded_span::EncodedSpan;

/// The most names that are judged.
const MAX_NAMES: usize = 512;

/// Spans of a name before it is judged.
const LEARNED: u32 = 1000;

/// Counts are halved at this many, so that the past fades.
const HALVED: u32 = 16 * LEARNED;

/// Four buckets for each power of two of nanoseconds.
const BUCKETS: usize = 64 * 4;

/// How long the spans of each name last.
#[derive(Debug, Default)]
pub(crate) struct SlowNames(Mutex<HashMap<Box<str>, Durations>>);

#[derive(Debug)]
struct Durations {
    counts: Box<[u32; BUCKETS]>,
    total: u32,
}

impl SlowNames {
    /// Whether a span lasted longer than 99 of 100 before it, within a fifth.
    pub(crate) fn is_slow(&self, span: &EncodedSpan) -> bool {
        let Some(name) = span.name() else { return false };
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get_mut(name) {
            return known.is_slow(span.took());
        }
        names.len() < MAX_NAMES && names.entry(name.into()).or_default().is_slow(span.took())
    }
}

impl Default for Durations {
    fn default() -> Self {
        Self { counts: Box::new([0; BUCKETS]), total: 0 }
    }
}

impl Durations {
    fn is_slow(&mut self, took: Duration) -> bool {
        let bucket = bucket(took);
        let slower: u32 = self.counts[bucket..].iter().sum();
        let is_slow = self.total >= LEARNED && slower < self.total / 100;
        self.counts[bucket] += 1;
        self.total += 1;
        if self.total >= HALVED {
            self.counts.iter_mut().for_each(|count| *count /= 2);
            self.total = self.counts.iter().sum();
        }
        is_slow
    }
}

fn bucket(took: Duration) -> usize {
    let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).max(4);
    let power = nanoseconds.ilog2();
    (power * 4) as usize + ((nanoseconds >> (power - 2)) & 3) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_slow_by_what_is_usual_for_its_name() {
        let mut durations = Durations::default();
        let usual = |n: u64| Duration::from_millis(10 + n % 10);
        assert!((0..2000).all(|n| !durations.is_slow(usual(n))));
        assert!(durations.is_slow(Duration::from_millis(100)));
        assert!(!durations.is_slow(Duration::from_millis(12)));
        // Once slow ones are usual, they are no longer slow.
        let slow = (0..100_000).filter(|_| durations.is_slow(Duration::from_millis(100))).count();
        assert!(slow < 1000, "{slow}");
    }

    #[test]
    fn every_duration_has_a_bucket_and_they_are_in_order() {
        let mut before = 0;
        for power in 0..64 {
            for quarter in 0..4 {
                let at = bucket(Duration::from_nanos((1_u64 << power) + (1_u64 << power) / 4 * quarter));
                assert!(at >= before && at < BUCKETS);
                before = at;
            }
        }
        assert!(bucket(Duration::MAX) < BUCKETS);
    }
}
