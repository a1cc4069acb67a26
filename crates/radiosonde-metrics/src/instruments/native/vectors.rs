//! What Prometheus' own library for Go makes of some observations.
//!
//! Source: `TestSparseHistogram` in <https://github.com/prometheus/client_golang/blob/main/prometheus/histogram_test.go>, whose factors of
//! growth are given as schemas here.

use std::time::Duration;

use crate::instruments::native::settings::Native;

pub(super) struct TestVector {
    pub(super) values: &'static [f64],
    pub(super) native: Native,
    pub(super) schema: i32,
    pub(super) zero: (f64, u64),
    pub(super) positive: &'static [(i32, u64)],
    pub(super) count_and_sum: (u64, f64),
    /// Number of resets, of widenings of the zero bucket, and of halvings of the resolution.
    pub(super) limited: [u64; 3],
}

const LEAST: f64 = 2.938_735_877_055_719e-39;
const UNLIMITED: Native = Native::new().reset_after(None);
const FOUR: Native = UNLIMITED.schema(2).max_buckets(4);

const fn minutes(minutes: u64) -> Option<Duration> {
    Some(Duration::from_secs(minutes * 60))
}

/// Each observation a minute after the one before, the first half a minute after the beginning.
pub(super) const VECTORS: [TestVector; 12] = [
    TestVector {
        values: &[0.0, 1.0, 2.0, 3.0],
        native: UNLIMITED.schema(3),
        schema: 3,
        zero: (LEAST, 1),
        positive: &[(0, 1), (8, 1), (13, 1)],
        count_and_sum: (4, 6.0),
        limited: [0; 3],
    },
    TestVector {
        values: &[0.0, 1.0, 1.2, 1.4, 1.8, 2.0],
        native: UNLIMITED.schema(2),
        schema: 2,
        zero: (LEAST, 1),
        positive: &[(0, 1), (2, 2), (4, 2)],
        count_and_sum: (6, 7.4),
        limited: [0; 3],
    },
    TestVector {
        values: &[0.5, 1.0, 1.5, 2.0, 3.0, 3.5, 5.0, 6.0, 7.0, 33.33],
        native: UNLIMITED.schema(-1),
        schema: -1,
        zero: (LEAST, 0),
        positive: &[(0, 2), (1, 4), (2, 3), (3, 1)],
        count_and_sum: (10, 62.83),
        limited: [0; 3],
    },
    TestVector {
        values: &[0.5, 1.0, 1.5, 2.0, 3.0, 3.5, 5.0, 6.0, 7.0, 33.33],
        native: UNLIMITED.schema(-2),
        schema: -2,
        zero: (LEAST, 0),
        positive: &[(0, 2), (1, 7), (2, 1)],
        count_and_sum: (10, 62.83),
        limited: [0; 3],
    },
    TestVector {
        values: &[0.0, 1.0, 1.2, 1.4, 1.8, 2.0],
        native: UNLIMITED.schema(2).zero_threshold(1.4),
        schema: 2,
        zero: (1.4, 4),
        positive: &[(4, 2)],
        count_and_sum: (6, 7.4),
        limited: [0; 3],
    },
    TestVector {
        values: &[0.0, 1.0, 1.2, 1.4, 1.8, 2.0],
        native: FOUR,
        schema: 2,
        zero: (LEAST, 1),
        positive: &[(0, 1), (2, 2), (4, 2)],
        count_and_sum: (6, 7.4),
        limited: [0; 3],
    },
    TestVector {
        values: &[0.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 3.0],
        native: FOUR,
        schema: 1,
        zero: (LEAST, 1),
        positive: &[(0, 1), (1, 3), (2, 2), (4, 1)],
        count_and_sum: (8, 11.5),
        limited: [0, 0, 1],
    },
    TestVector {
        values: &[0.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 3.0],
        native: FOUR.max_zero_threshold(1.2),
        schema: 2,
        zero: (1.0, 2),
        positive: &[(1, 1), (2, 2), (4, 2), (7, 1)],
        count_and_sum: (8, 11.5),
        limited: [0, 1, 0],
    },
    TestVector {
        values: &[0.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 3.0, 4.0],
        native: FOUR.max_zero_threshold(1.2),
        schema: 2,
        zero: (1.189_207_115_002_721, 3),
        positive: &[(2, 2), (4, 2), (7, 1), (8, 1)],
        count_and_sum: (9, 15.5),
        limited: [0, 2, 0],
    },
    TestVector {
        values: &[0.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 3.0, 4.0],
        native: FOUR.max_zero_threshold(1.2).reset_after(minutes(5)),
        schema: 2,
        zero: (LEAST, 0),
        positive: &[(7, 1), (8, 1)],
        count_and_sum: (2, 7.0),
        limited: [1, 0, 0],
    },
    TestVector {
        values: &[0.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 5.0, 5.1, 3.0, 4.0],
        native: FOUR.reset_after(minutes(9)),
        schema: 2,
        zero: (LEAST, 0),
        positive: &[(7, 1), (8, 1)],
        count_and_sum: (2, 7.0),
        limited: [1, 0, 1],
    },
    TestVector {
        values: &[0.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 5.0, 5.1, 3.0, 4.0],
        native: FOUR.max_zero_threshold(1.2).reset_after(minutes(9)),
        schema: 2,
        zero: (LEAST, 0),
        positive: &[(7, 1), (8, 1)],
        count_and_sum: (2, 7.0),
        limited: [1, 1, 0],
    },
];
