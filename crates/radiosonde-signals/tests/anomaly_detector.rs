//! What a detector finds in a series of values, and what it does not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod synthetic;

use std::time::Duration;

use proptest::prelude::*;
use radiosonde_signals::{
    AnomalyDetector, AnomalyDirection, AnomalyOptions, AnomalyState, AnomalyStatus, Season,
};
use synthetic::{Noise, wave};

const SECOND: Duration = Duration::from_secs(1);
/// The deviation of the values of `warm`: their median absolute deviation is 1.
const DEVIATION: f64 = 1.4826;

/// A detector whose expected value is 10.
fn warm(options: AnomalyOptions, rounds: usize) -> AnomalyDetector {
    let mut detector = AnomalyDetector::new(options.half_life(1e9).interval(SECOND)).unwrap();
    for _ in 0..rounds {
        for value in [8.0, 9.0, 10.0, 11.0, 12.0] {
            detector.observe(value);
        }
    }
    detector
}

fn options() -> AnomalyOptions {
    AnomalyOptions::new()
}

#[track_caller]
fn assert_near(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-4, "{value} is not {expected}");
}

#[track_caller]
fn assert_status(status: AnomalyStatus, score: f64, expected: f64) {
    assert_near(status.score, score);
    assert_near(status.expected.unwrap(), expected);
}

/// How many of these values in a row are anomalous, by number: the first and the last.
fn anomalous(
    detector: &mut AnomalyDetector,
    values: impl IntoIterator<Item = f64>,
) -> Option<(usize, usize)> {
    let states = values.into_iter().map(|value| detector.observe(value).state);
    let numbers: Vec<usize> =
        (1..).zip(states).filter(|(_, state)| *state == AnomalyState::Anomalous).map(|(at, _)| at).collect();
    Some((*numbers.first()?, *numbers.last()?))
}

#[test]
fn a_detector_warms_up_before_it_judges() {
    let mut detector = AnomalyDetector::new(options().warm_up(10)).unwrap();
    let warming = AnomalyStatus { state: AnomalyState::WarmingUp, score: 0.0, expected: None };
    assert_eq!(detector.status(), warming);
    for at in 0..9 {
        assert_eq!(detector.observe(if at == 4 { 1e6 } else { 10.0 }), warming);
    }
    let last = detector.observe(10.0);
    assert_eq!((last.state, last.score, last.expected), (AnomalyState::Normal, 0.0, None));
    assert_status(detector.observe(10.1), 1.0, 10.0);
}

#[test]
fn a_score_is_the_difference_from_the_expected_value_in_deviations() {
    let mut detector = warm(options(), 6);
    assert_status(detector.observe(13.0), 3.0 / DEVIATION, 10.0);
    assert_status(detector.observe(6.0), -4.0 / DEVIATION, 10.0);
    assert_eq!(detector.status().state, AnomalyState::Normal);
}

#[test]
fn a_value_moves_the_expected_one_by_its_weight_and_two_deviations_at_most() {
    let moved = |value: f64, half_life: f64, after: u64| {
        let mut detector = AnomalyDetector::new(options().interval(SECOND).half_life(half_life)).unwrap();
        // Values of the warm-up move nothing: these are 30.
        for at in 0..30 {
            detector.observe_at([8.0, 9.0, 10.0, 11.0, 12.0][at % 5], SECOND * at as u32);
        }
        detector.observe_at(value, SECOND * 29 + SECOND * after as u32);
        detector.observe_at(10.0, SECOND * 1000).expected.unwrap() - 10.0
    };
    // 1 - 0.5^(1 / 30) is 0.02284, and 1 - 0.5^(1) is 0.5: the series ends early.
    assert_near(moved(11.0, 30.0, 1), 0.022_838);
    assert_near(moved(9.0, 30.0, 1), -0.022_838);
    assert_near(moved(11.0, 30.0, 30), 0.482_77);
    assert_near(moved(13.0, 30.0, 1), 0.022_838 * 2.0 * DEVIATION);
    assert_near(moved(7.0, 30.0, 1), -0.022_838 * 2.0 * DEVIATION);
    assert_near(moved(100.0, 30.0, 1), 0.0);
    assert_near(moved(11.0, 1e-300, 1), 1.0);
    assert_near(moved(11.0, 30.0, 0), 0.0);
}

#[test]
fn times_that_go_back_count_as_the_last_one() {
    let mut detector = warm(options(), 6);
    let mut other = detector.clone();
    let late = detector.observe_at(11.0, SECOND * 100);
    assert_eq!(late, other.observe_at(11.0, SECOND * 100));
    assert_eq!(detector.observe_at(12.0, SECOND * 3), other.observe_at(12.0, SECOND * 100));
    assert_ne!(late, detector.status());
}

#[test]
fn values_that_are_not_finite_are_refused_and_counted() {
    let mut detector = warm(options(), 6);
    let before = detector.observe(13.0);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(detector.observe(value), before);
    }
    assert_eq!(detector.refused(), 3);
    assert_status(detector.observe(13.0), 3.0 / DEVIATION, 10.0);
}

#[test]
fn a_refused_value_takes_its_time() {
    let expected_after = |refused: usize| {
        let mut detector = AnomalyDetector::new(options().warm_up(5).half_life(10.0)).unwrap();
        for value in [8.0, 9.0, 10.0, 11.0, 12.0] {
            detector.observe(value);
        }
        for _ in 0..refused {
            detector.observe(f64::NAN);
        }
        detector.observe(11.0);
        detector.observe(10.0).expected.unwrap()
    };
    assert!(expected_after(5) > expected_after(0) + 0.2, "{} {}", expected_after(5), expected_after(0));
}

#[test]
fn the_deviation_is_no_smaller_than_its_floors() {
    let score = |options: AnomalyOptions, level: f64, value: f64| {
        let mut detector = AnomalyDetector::new(options).unwrap();
        for _ in 0..30 {
            detector.observe(level);
        }
        detector.observe(value).score
    };
    assert_near(score(options(), 100.0, 103.0), 3.0);
    assert_near(score(options(), -100.0, -103.0), -3.0);
    assert_near(score(options().relative_floor(0.1), 100.0, 103.0), 0.3);
    assert_near(score(options().absolute_floor(2.0), 100.0, 103.0), 1.5);
    assert_near(score(options().absolute_floor(2.0), 0.0, 1.0), 0.5);
    assert_near(score(options(), 0.0, 0.001), 1000.0);
    assert_near(score(options(), 0.0, -0.001), -1000.0);
    assert_near(score(options(), 0.0, 0.0), 0.0);
}

#[test]
fn a_constant_series_has_no_anomaly_at_the_first_wiggle() {
    let mut detector = AnomalyDetector::new(options()).unwrap();
    let constant = (0..1000).map(|at| if at == 500 { 400.0 } else { 250.0 });
    assert_eq!(anomalous(&mut detector, constant), None);
    let small = (0..1000).map(|at| if at % 2 == 0 { 258.0 } else { 250.0 });
    assert_eq!(anomalous(&mut detector, small), None, "3.2 % is below 3.5 times the floor");
}

#[test]
fn outliers_do_not_change_what_is_usual() {
    let mut detector = warm(options(), 48);
    for at in 0..240 {
        detector.observe(if at % 5 == 4 { 1e6 } else { [8.0, 10.0, 10.0, 12.0][at % 5] });
    }
    assert!(detector.status().score > 999.0);
    let after = detector.observe(16.0);
    assert_near(after.expected.unwrap(), 10.0);
    assert!((1.9..4.1).contains(&after.score), "{after:?}");
}

#[test]
fn a_change_that_lasts_is_adopted_and_the_anomaly_ends() {
    let mut detector = warm(options(), 48);
    let values: Vec<f64> = (0..60).map(|at| [48.0, 50.0, 52.0][at % 3]).collect();
    // Entered by the second value, adopted with the 40th, left by the fifth after it.
    assert_eq!(anomalous(&mut detector, values), Some((2, 44)));
    assert_near(detector.observe(50.0).expected.unwrap(), 50.0);
    let mut shorter = warm(options().adopt_after(20), 48);
    assert_eq!(anomalous(&mut shorter, [50.0; 60]), Some((2, 24)));
    assert_eq!(anomalous(&mut shorter, [10.0; 60]), Some((2, 24)), "back to the former level");
}

#[test]
fn a_change_soon_after_the_warm_up_is_adopted_with_a_third_of_the_values() {
    let mut detector = warm(options(), 6);
    assert_eq!(anomalous(&mut detector, [50.0; 60]), Some((2, 18)), "14 of 44 values, and 5 to leave");
    assert_near(detector.observe(50.0).expected.unwrap(), 50.0);
}

#[test]
fn a_value_at_the_threshold_is_an_outlier() {
    let options = options().threshold(3.5).enter_after(1).absolute_floor(2.0).relative_floor(0.0);
    let mut detector = AnomalyDetector::new(options).unwrap();
    for _ in 0..30 {
        detector.observe(10.0);
    }
    let status = detector.observe(17.0);
    assert_eq!((status.state, status.score), (AnomalyState::Anomalous, 3.5));
    assert_eq!(detector.observe(10.0).expected, Some(10.0), "it has not moved the expected value");
}

#[test]
fn a_change_is_not_adopted_before_it_is_an_anomaly() {
    let mut detector = warm(options().adopt_after(5).enter_after(10), 48);
    assert_eq!(anomalous(&mut detector, [50.0; 60]), Some((10, 14)), "adopted with the tenth");
}

#[test]
fn only_values_on_one_side_are_adopted_together() {
    let mut detector = warm(options(), 48);
    let values = (0..78).map(|at| if at % 39 < 38 { 60.0 } else { -40.0 });
    anomalous(&mut detector, values);
    assert_near(detector.observe(10.0).expected.unwrap(), 10.0);
}

#[test]
fn a_change_of_the_deviation_becomes_usual() {
    let mut detector = warm(options(), 48);
    let values: Vec<f64> = (0..500).map(|at| [-10.0, 0.0, 10.0, 20.0, 30.0][at % 5]).collect();
    let (first, last) = anomalous(&mut detector, values).unwrap();
    assert!(first < 10 && last < 250, "{first} to {last}");
    assert_near(detector.observe(30.0).score, 20.0 / (10.0 * DEVIATION));
}

#[test]
fn an_anomaly_has_a_direction() {
    let found = |direction, value: f64| {
        let mut detector = warm(options().direction(direction), 48);
        anomalous(&mut detector, [value; 10]).is_some()
    };
    let each = |value| {
        [AnomalyDirection::Above, AnomalyDirection::Below, AnomalyDirection::Both].map(|to| found(to, value))
    };
    assert_eq!(each(30.0), [true, false, true]);
    assert_eq!(each(-10.0), [false, true, true]);
    let mut detector = warm(options().direction(AnomalyDirection::Above), 48);
    assert_eq!(anomalous(&mut detector, [-10.0; 60]), None);
    assert_near(detector.observe(-10.0).expected.unwrap(), -10.0);
}

#[test]
fn a_slow_drift_is_followed_and_a_steep_one_is_found() {
    let found = |slope: f64| {
        let mut noise = Noise(1);
        let mut detector = AnomalyDetector::new(options()).unwrap();
        let values = (0..2000).map(|at| 1000.0 + f64::from(at) * slope + noise.normal());
        anomalous(&mut detector, values).is_some()
    };
    assert_eq!([0.02, 0.5].map(found), [false, false], "below the relative floor of 1 % of 1,000");
    let found = |slope: f64| {
        let mut noise = Noise(1);
        let mut detector = AnomalyDetector::new(AnomalyOptions::new().relative_floor(0.0)).unwrap();
        anomalous(&mut detector, (0..2000).map(|at| f64::from(at) * slope + noise.normal())).is_some()
    };
    assert_eq!([0.02, 0.2].map(found), [false, true]);
}

fn daily(options: AnomalyOptions) -> AnomalyDetector {
    let season = Season::every(SECOND * 96, 48);
    AnomalyDetector::new(options.interval(SECOND).season(season).relative_floor(0.0)).unwrap()
}

#[test]
fn a_season_is_learned_in_two_periods_and_a_warm_up() {
    let mut noise = Noise(3);
    let mut value = |at: usize| 100.0 + 50.0 * wave(at as f64 / 96.0) + noise.normal();
    let mut detector = daily(options());
    for at in 0..2 * 96 + 29 {
        assert_eq!(detector.observe(value(at)).state, AnomalyState::WarmingUp, "{at}");
    }
    assert_eq!(detector.observe(value(2 * 96 + 29)).state, AnomalyState::Normal);
    for at in 2 * 96 + 30..20 * 96 {
        let status = detector.observe(value(at));
        assert_eq!(status.state, AnomalyState::Normal, "{at}: {status:?}");
        let expected = 100.0 + 50.0 * wave(at as f64 / 96.0);
        assert!((status.expected.unwrap() - expected).abs() < 5.0, "{at}: {status:?} is not near {expected}");
    }
    // A usual value, but not at this time of the period.
    let at = 20 * 96 + 24;
    for at in 20 * 96..at {
        detector.observe(value(at));
    }
    assert_eq!(anomalous(&mut detector, [100.0; 3]), Some((2, 3)));
}

#[test]
fn a_change_within_a_season_is_adopted_and_the_season_stays() {
    let mut noise = Noise(4);
    let mut value = |at: usize, level: f64| level + 50.0 * wave(at as f64 / 96.0) + noise.normal();
    let mut detector = daily(options());
    for at in 0..960 {
        detector.observe(value(at, 100.0));
    }
    let (first, last) = anomalous(&mut detector, (960..2000).map(|at| value(at, 300.0))).unwrap();
    assert!(first == 2 && last < 60, "{first} to {last}");
    let expected = detector.observe(value(2000, 300.0)).expected.unwrap();
    assert_near((expected - 300.0 - 50.0 * wave(2000.0 / 96.0)).abs().max(5.0), 5.0);
}

/// A series with everything: noise, changes, outliers, a season and values that are refused.
fn mixed() -> Vec<f64> {
    let mut noise = Noise(5);
    let value = |at: usize| match at % 97 {
        96 => f64::NAN,
        50 => 1e9,
        _ => 20.0 + 10.0 * wave(at as f64 / 96.0) + noise.normal() + if at > 1500 { 40.0 } else { 0.0 },
    };
    (0..3000).map(value).collect()
}

#[test]
fn the_same_values_have_the_same_scores_on_every_platform() {
    let scores = || {
        let mut detector = daily(options());
        mixed().into_iter().map(move |value| detector.observe(value).score.to_bits())
    };
    assert!(scores().eq(scores()));
    // FNV-1a of all bits.
    let hash =
        scores().fold(0xcbf2_9ce4_8422_2325, |hash: u64, bits| (hash ^ bits).wrapping_mul(0x0100_0000_01b3));
    assert_eq!(hash, 0x7f49_5ebc_d14f_d747, "{hash:#x}");
}

fn scores(options: AnomalyOptions, values: &[f64]) -> Vec<f64> {
    let mut detector = AnomalyDetector::new(options).unwrap();
    values.iter().map(|value| detector.observe(*value).score).collect()
}

fn short() -> AnomalyOptions {
    options().window(12).warm_up(4).adopt_after(4)
}

proptest! {
    #[test]
    fn no_score_and_no_expected_value_is_ever_nan_or_infinite(
        values in prop::collection::vec(any::<f64>(), 0..200),
        is_seasonal in any::<bool>(),
    ) {
        let options = if is_seasonal { short().season(Season::of_intervals(8, 4)) } else { short() };
        let mut detector = AnomalyDetector::new(options).unwrap();
        for value in values {
            let status = detector.observe(value);
            prop_assert!(status.score.abs() <= 1000.0, "{status:?}");
            prop_assert!(status.expected.is_none_or(f64::is_finite), "{status:?}");
        }
    }

    #[test]
    fn a_scale_changes_no_score(values in prop::collection::vec(-1e3..1e3, 0..200), power in -20_i32..20) {
        let scale = f64::from(2.0_f32).powi(power);
        let scaled: Vec<f64> = values.iter().map(|value| value * scale).collect();
        let options = short().absolute_floor(0.5);
        prop_assert_eq!(scores(options, &values), scores(options.absolute_floor(0.5 * scale), &scaled));
    }

    #[test]
    fn an_offset_changes_no_score_without_a_relative_floor(
        values in prop::collection::vec(-1e3..1e3, 0..200),
        offset in -1e3..1e3,
    ) {
        let options = short().relative_floor(0.0).absolute_floor(0.5);
        let moved: Vec<f64> = values.iter().map(|value| value + offset).collect();
        for (score, moved) in scores(options, &values).into_iter().zip(scores(options, &moved)) {
            prop_assert!((score - moved).abs() < 1e-6, "{score} and {moved}");
        }
    }

    #[test]
    fn mirrored_values_have_mirrored_scores(values in prop::collection::vec(-1e3..1e3, 0..200)) {
        let mirrored: Vec<f64> = values.iter().map(|value| -value).collect();
        let expected: Vec<f64> = scores(short(), &values).into_iter().map(|score| -score).collect();
        prop_assert_eq!(scores(short(), &mirrored), expected);
    }
}
