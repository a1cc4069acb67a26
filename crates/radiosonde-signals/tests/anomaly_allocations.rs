//! A detector allocates nothing after it was made, whatever its values are.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod synthetic;

use radiosonde_signals::{AnomalyDetector, AnomalyOptions, Season};
use radiosonde_testkit::CountingAllocator;
use synthetic::Noise;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn a_value_allocates_nothing() {
    let options = AnomalyOptions::new().season(Season::of_intervals(60, 20));
    let mut detector = AnomalyDetector::new(options).unwrap();
    let (mut noise, mut at) = (Noise(1), 0_u32);
    let observe = || {
        at += 1;
        let level = if at / 100 % 2 == 0 { 10.0 } else { 100.0 };
        detector.observe(if at % 50 == 0 { f64::NAN } else { level + noise.normal() });
    };
    assert_eq!(CountingAllocator::per_call(observe), 0.0);
}
