//! Detection delay and false alarms on series with known changes, beside those of a z-score.
//!
//! `cargo test -p radiosonde-signals --test anomalies_table -- --nocapture` prints the table.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod synthetic;

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_signals::{Anomalies, AnomalyDetector, AnomalyOptions, AnomalyState, Measure, Season, Series};
use radiosonde_testkit::ManualClock;
use synthetic::{Noise, wave};

const POINTS: usize = 20_000;
/// The deviation of the noise, around 100.
const SIGMA: f64 = 5.0;
/// For how many points a change is looked for.
const FOUND_WITHIN: usize = 60;
/// For how many points after a change nothing is a false alarm: windows still have both sides of it.
const SETTLES_WITHIN: usize = 300;

/// What a detector did on a series.
#[derive(Debug, Default)]
struct Figures {
    changes: usize,
    found: usize,
    /// Points from the first one after a change to the alarm, in total and at most.
    delay: usize,
    longest_delay: usize,
    /// Alarms that began elsewhere, and the points there.
    false_alarms: usize,
    quiet_points: usize,
}

impl Figures {
    fn of(alarms: &[bool], changes: &[usize]) -> Self {
        let mut figures = Self { changes: changes.len(), ..Self::default() };
        for &change in changes {
            let until = (change + FOUND_WITHIN).min(alarms.len());
            // An alarm from before the change does not count.
            let begins = |at: &usize| {
                alarms[*at] && !(change > 0 && alarms[change - 1..*at].iter().all(|alarm| *alarm))
            };
            if let Some(at) = (change..until).find(begins) {
                figures.found += 1;
                figures.delay += at - change;
                figures.longest_delay = figures.longest_delay.max(at - change);
            }
        }
        for at in 1..alarms.len() {
            let settles = changes.iter().any(|&change| (change..change + SETTLES_WITHIN).contains(&at));
            figures.quiet_points += usize::from(!settles);
            figures.false_alarms += usize::from(!settles && alarms[at] && !alarms[at - 1]);
        }
        figures
    }

    fn false_alarms_per_10_000(&self) -> f64 {
        self.false_alarms as f64 * 10_000.0 / self.quiet_points as f64
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let delay = if self.found == 0 {
            "-".to_owned()
        } else {
            format!("{:.1} ({})", self.delay as f64 / self.found as f64, self.longest_delay)
        };
        let found =
            if self.changes == 0 { "-".to_owned() } else { format!("{}/{}", self.found, self.changes) };
        write!(f, "{found:>7} {delay:>9} {:>6.1}", self.false_alarms_per_10_000())
    }
}

/// Finds values that are more than 3 standard deviations away from the mean of the 240 values before.
#[derive(Default)]
struct ZScore(VecDeque<f64>);

impl ZScore {
    fn observe(&mut self, value: f64) -> bool {
        let count = self.0.len() as f64;
        let mean = self.0.iter().sum::<f64>() / count;
        let squares = self.0.iter().map(|other| (other - mean) * (other - mean)).sum::<f64>();
        let is_far = self.0.len() >= 30 && (value - mean).abs() > 3.0 * (squares / (count - 1.0)).sqrt();
        if self.0.len() == 240 {
            self.0.pop_front();
        }
        self.0.push_back(value);
        is_far
    }
}

/// What a row has to reach.
struct Bounds {
    /// How many of the changes are found, and after how many points at most.
    found: Range<usize>,
    delay: usize,
    false_alarms: f64,
}

struct Row {
    name: &'static str,
    ours: Figures,
    z_score: Figures,
    z_score_twice: Figures,
    bounds: Bounds,
}

impl Row {
    fn new(name: &'static str, alarms: &[bool], values: &[f64], changes: &[usize], bounds: Bounds) -> Self {
        let mut z_score = ZScore::default();
        let far: Vec<bool> = values.iter().map(|value| z_score.observe(*value)).collect();
        let twice: Vec<bool> = (0..far.len()).map(|at| far[at] && at > 0 && far[at - 1]).collect();
        let figures = |alarms: &[bool]| Figures::of(alarms, changes);
        Self { name, ours: figures(alarms), z_score: figures(&far), z_score_twice: figures(&twice), bounds }
    }

    fn detect(
        name: &'static str,
        options: AnomalyOptions,
        values: impl Iterator<Item = f64>,
        changes: impl Iterator<Item = usize>,
        bounds: Bounds,
    ) -> Self {
        let values: Vec<f64> = values.collect();
        let changes: Vec<usize> = changes.collect();
        let mut detector = AnomalyDetector::new(options).unwrap();
        let alarm = |value: &f64| detector.observe(*value).state == AnomalyState::Anomalous;
        let alarms: Vec<bool> = values.iter().map(alarm).collect();
        Self::new(name, &alarms, &values, &changes, bounds)
    }

    fn check(&self) {
        let Self { name, ours, z_score, bounds, .. } = self;
        let Bounds { found, delay, false_alarms } = bounds;
        assert!(found.contains(&ours.found), "{name}: found {} of {}", ours.found, ours.changes);
        assert!(ours.longest_delay <= *delay, "{name}: a delay of {}", ours.longest_delay);
        let per_10_000 = ours.false_alarms_per_10_000();
        assert!(per_10_000 <= *false_alarms, "{name}: {per_10_000} false alarms");
        assert!(per_10_000 <= z_score.false_alarms_per_10_000(), "{name}: more than the z-score");
    }
}

/// Every one of these changes, within this delay.
fn all(changes: usize, delay: usize, false_alarms: f64) -> Bounds {
    Bounds { found: changes..changes + 1, delay, false_alarms }
}

fn none(false_alarms: f64) -> Bounds {
    Bounds { found: 0..1, delay: 0, false_alarms }
}

/// Whether a point is in an odd stretch of this length, and where stretches begin.
fn is_odd(at: usize, length: usize) -> bool {
    (at / length) % 2 == 1
}

fn begins(length: usize) -> impl Iterator<Item = usize> {
    (1..POINTS / length).map(move |stretch| stretch * length)
}

fn noisy(seed: u64, expected: impl Fn(usize) -> f64) -> impl Iterator<Item = f64> {
    let mut noise = Noise(seed);
    (0..POINTS).map(move |at| expected(at) + SIGMA * noise.normal())
}

fn shifted(seed: u64, sigmas: f64) -> impl Iterator<Item = f64> {
    noisy(seed, move |at| 100.0 + if is_odd(at, 1000) { sigmas * SIGMA } else { 0.0 })
}

fn spikes(seed: u64, points: usize) -> impl Iterator<Item = f64> {
    noisy(seed, move |at| 100.0 + if at % 500 >= 500 - points { 10.0 * SIGMA } else { 0.0 })
}

fn spikes_begin(points: usize) -> impl Iterator<Item = usize> {
    (0..POINTS / 500).map(move |at| at * 500 + 500 - points)
}

fn quiet() -> Vec<Row> {
    let options = AnomalyOptions::new();
    let mut tails = Noise(2);
    let mut past = (Noise(3), 0.0);
    let mut wiggles = Noise(4);
    let autocorrelated = (0..POINTS).map(move |_| {
        past.1 = 0.7 * past.1 + 0.714 * past.0.normal();
        100.0 + SIGMA * past.1
    });
    let wiggle = move |_| if wiggles.uniform() < 0.01 { 6.0 } else { 5.0 };
    let none_at = std::iter::empty;
    vec![
        Row::detect("noise", options, noisy(1, |_| 100.0), none_at(), none(1.0)),
        Row::detect(
            "heavy-tailed noise",
            options,
            (0..POINTS).map(move |_| 100.0 + SIGMA * tails.heavy_tailed()),
            none_at(),
            none(12.0),
        ),
        Row::detect("autocorrelated noise", options, autocorrelated, none_at(), none(2.0)),
        Row::detect("constant, rare wiggles", options, (0..POINTS).map(wiggle), none_at(), none(2.0)),
    ]
}

fn changing() -> Vec<Row> {
    let options = AnomalyOptions::new();
    let single = options.threshold(6.0).enter_after(1);
    let ramp = |at: usize| {
        let way = (at % 4000) as f64 * 0.02 * SIGMA;
        if is_odd(at, 4000) { 1000.0 + 80.0 * SIGMA - way } else { 1000.0 + way }
    };
    let mut noise = Noise(11);
    let varied = (0..POINTS)
        .map(move |at| 100.0 + if is_odd(at, 1000) { 5.0 * SIGMA } else { SIGMA } * noise.normal());
    let some = |found, delay, false_alarms| Bounds { found, delay, false_alarms };
    vec![
        Row::detect("shift by 10 sigma", options, shifted(5, 10.0), begins(1000), all(19, 1, 1.0)),
        Row::detect("shift by 6 sigma", options, shifted(6, 6.0), begins(1000), all(19, 2, 1.0)),
        Row::detect("shift by 4 sigma", options, shifted(7, 4.0), begins(1000), some(17..20, 20, 1.0)),
        Row::detect("3 points by 10 sigma", options, spikes(8, 3), spikes_begin(3), all(40, 1, 1.0)),
        Row::detect("1 point by 10 sigma", options, spikes(9, 1), spikes_begin(1), none(1.0)),
        Row::detect("  1 point enters, 6 dev.", single, spikes(9, 1), spikes_begin(1), all(40, 0, 1.0)),
        Row::detect("drift, 0.02 sigma/point", options, noisy(10, ramp), begins(4000), none(1.0)),
        Row::detect(
            "deviation by 5",
            options,
            varied,
            (0..POINTS / 2000).map(|at| at * 2000 + 1000),
            some(10..11, 36, 1.0),
        ),
    ]
}

fn seasonal() -> Vec<Row> {
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let options = AnomalyOptions::new().interval(minutes(5)).season(Season::every(minutes(24 * 60), 48));
    let day = |at: usize| 100.0 + 10.0 * SIGMA * wave(at as f64 / 288.0);
    let with_shifts = move |at| day(at) + if is_odd(at, 2000) { 6.0 * SIGMA } else { 0.0 };
    vec![
        Row::detect("daily pattern", options, noisy(12, day), std::iter::empty(), none(1.0)),
        Row::detect(
            "  with shifts by 6 sigma",
            options,
            noisy(13, with_shifts),
            begins(2000),
            all(9, 2, 1.0),
        ),
    ]
}

/// About 100 requests in each interval of 10 seconds, 190 in odd stretches; the process starts again after 700 intervals.
fn counted() -> Row {
    let (registry, clock, requests) = (Registry::new(), ManualClock::new(), Arc::new(AtomicU64::new(0)));
    let counter = Arc::clone(&requests);
    let read = move || counter.load(Ordering::SeqCst) as f64;
    registry.counter_fn("requests_total", "Number of requests.", read).unwrap().keep();
    let anomalies = Anomalies::of(&registry);
    let rate = Measure::rate(Series::of(&registry, "requests_total", Kind::Counter));
    anomalies.watch("requests", rate, AnomalyOptions::new()).unwrap();
    let mut noise = Noise(14);
    let (mut values, mut alarms) = (Vec::new(), Vec::new());
    for at in 0..POINTS {
        let expected = if is_odd(at, 1000) { 190.0 } else { 100.0 };
        let grown = (expected + 12.0 * noise.normal()) as u64;
        if at % 700 == 699 {
            requests.store(0, Ordering::SeqCst);
        }
        requests.fetch_add(grown, Ordering::SeqCst);
        clock.advance(Duration::from_secs(10));
        anomalies.evaluate(&clock);
        values.push(grown as f64 / 10.0);
        alarms.push(anomalies.status("requests").unwrap().state == AnomalyState::Anomalous);
    }
    let changes: Vec<usize> = begins(1000).collect();
    Row::new("rate of a counter, resets", &alarms, &values, &changes, all(19, 2, 1.0))
}

#[test]
fn changes_are_found_soon_and_with_few_false_alarms() {
    let rows = quiet().into_iter().chain(changing()).chain(seasonal()).chain([counted()]);
    let rows: Vec<Row> = rows.collect();
    println!(
        "{POINTS} points each; found changes, mean (longest) delay in points, false alarms per 10,000 points"
    );
    println!("{:26} | {:24} | {:24} | {:24}", "", "detector", "z-score", "z-score, 2 in a row");
    for Row { name, ours, z_score, z_score_twice, .. } in &rows {
        println!("{name:26} | {ours} | {z_score} | {z_score_twice}");
    }
    assert_eq!(rows.len(), 15);
    rows.iter().for_each(Row::check);
}
