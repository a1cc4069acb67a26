//! Detectors of a registry: what they watch, what they expose, and what they survive.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_signals::{
    Anomalies, AnomalyErrorKind, AnomalyOptions, AnomalyState, InvalidAnomalyOptions, Measure, Series,
};
use radiosonde_testkit::ManualClock;

const STEP: Duration = Duration::from_secs(10);

/// Warm after two values; the deviation of a constant series is 1.
fn options() -> AnomalyOptions {
    AnomalyOptions::new().warm_up(2).relative_floor(0.0).absolute_floor(1.0)
}

struct Fixture {
    registry: Registry,
    clock: ManualClock,
    anomalies: Anomalies,
}

impl Fixture {
    fn new() -> Self {
        let registry = Registry::new();
        let anomalies = Anomalies::of(&registry);
        Self { registry, clock: ManualClock::new(), anomalies }
    }

    fn watch(&self, measure: Measure) {
        self.anomalies.watch("x", measure, options()).unwrap();
    }

    fn series(&self, name: &str, kind: Kind) -> Series {
        Series::of(&self.registry, name, kind)
    }

    fn evaluate(&self) {
        self.clock.advance(STEP);
        self.anomalies.evaluate(&self.clock);
    }

    /// The difference of the last value from what was expected: as the deviation is 1, the score.
    fn score(&self) -> f64 {
        self.anomalies.status("x").unwrap().score
    }

    fn state(&self) -> AnomalyState {
        self.anomalies.status("x").unwrap().state
    }

    #[track_caller]
    fn assert_exposed(&self, lines: &[&str]) {
        let text = self.registry.text();
        for line in lines {
            assert!(text.contains(&format!("{line}\n")), "no {line} in {text}");
        }
    }
}

#[test]
fn a_gauge_is_watched_by_the_sum_of_its_series() {
    let fixture = Fixture::new();
    let depth = fixture.registry.gauge("depth", "Depth.").labels(&["queue", "shop"]).unwrap();
    fixture.watch(Measure::gauge(fixture.series("depth", Kind::Gauge).with("shop", "a")));
    fixture.evaluate();
    assert_eq!(fixture.state(), AnomalyState::WarmingUp, "there is no series yet");
    for (a, b) in [(5.0, 2.0), (5.0, 2.0), (5.0, 4.5)] {
        depth.with(&["in", "a"]).set(a);
        depth.with(&["out", "a"]).set(b);
        depth.with(&["in", "b"]).set(1000.0);
        fixture.evaluate();
    }
    assert_eq!(fixture.score(), 2.5);
}

#[test]
fn a_counter_is_watched_by_its_rate_per_second() {
    let fixture = Fixture::new();
    let requests = fixture.registry.counter("requests_total", "Requests.").labels(&["route"]).unwrap();
    requests.with(&["a"]).inc_by(1_000_000);
    fixture.watch(Measure::rate(fixture.series("requests_total", Kind::Counter)));
    for state in [AnomalyState::WarmingUp, AnomalyState::WarmingUp, AnomalyState::Normal] {
        fixture.evaluate();
        requests.with(&["a"]).inc_by(40);
        assert_eq!(fixture.state(), state);
        requests.with(&["b"]).inc_by(60);
    }
    // 10 a second were usual. These are 15 a second in twice the time.
    requests.with(&["a"]).inc_by(200);
    fixture.clock.advance(STEP);
    fixture.evaluate();
    assert_eq!(fixture.score(), 5.0);
    assert_eq!(fixture.anomalies.status("x").unwrap().expected, Some(10.0));
}

#[test]
fn a_counter_that_begins_again_counts_from_zero() {
    let fixture = Fixture::new();
    let total = Arc::new(AtomicU64::new(1000));
    let read = Arc::clone(&total);
    let read = move || read.load(Ordering::SeqCst) as f64;
    fixture.registry.counter_fn("requests_total", "Requests.", read).unwrap().keep();
    fixture.watch(Measure::rate(fixture.series("requests_total", Kind::Counter)));
    for value in [1000, 1100, 1200, 130] {
        total.store(value, Ordering::SeqCst);
        fixture.evaluate();
    }
    assert_eq!(fixture.score(), 3.0);
}

#[test]
fn a_histogram_is_watched_by_the_mean_since_the_last_evaluation() {
    let fixture = Fixture::new();
    let wait = fixture.registry.histogram("wait_seconds", "Wait.").build().unwrap();
    wait.observe(1000.0);
    fixture.watch(Measure::mean(fixture.series("wait_seconds", Kind::Histogram)));
    fixture.evaluate();
    for values in [&[1.0, 3.0][..], &[2.0], &[], &[4.0, 7.0]] {
        values.iter().for_each(|value| wait.observe(*value));
        fixture.evaluate();
    }
    assert_eq!(fixture.score(), 3.5);
}

#[test]
fn a_histogram_is_watched_by_a_quantile_since_the_last_evaluation() {
    let quantile = |quantile: f64, last: &[f64]| {
        let fixture = Fixture::new();
        let buckets = Buckets::from_static(&[10.0, 20.0, 40.0]);
        let wait = fixture.registry.histogram("wait_seconds", "Wait.").buckets(buckets);
        let wait = wait.labels(&["queue"]).unwrap();
        wait.with(&["a"]).observe(15.0);
        fixture.watch(Measure::quantile(fixture.series("wait_seconds", Kind::Histogram), quantile));
        fixture.evaluate();
        for _ in 0..2 {
            wait.with(&["a"]).observe(10.0);
            wait.with(&["b"]).observe(10.0);
            fixture.evaluate();
        }
        for (at, value) in last.iter().enumerate() {
            wait.with(&[["a", "b", "c"][at % 3]]).observe(*value);
        }
        fixture.evaluate();
        let status = fixture.anomalies.status("x").unwrap();
        status.expected.map(|expected| [expected, expected + status.score])
    };
    // Two observations from 0 to 10 have their median at 5.
    assert_eq!(quantile(0.5, &[5.0, 12.0, 12.0, 30.0]), Some([5.0, 15.0]));
    assert_eq!(quantile(1.0, &[5.0, 12.0]), Some([10.0, 20.0]));
    assert_eq!(quantile(0.0, &[12.0]), Some([0.0, 10.0]));
    assert_eq!(quantile(0.75, &[12.0, 12.0, 30.0, 30.0]), Some([7.5, 30.0]));
    assert_eq!(quantile(0.5, &[50.0]), Some([5.0, 40.0]), "beyond the last bound");
    assert_eq!(quantile(0.5, &[]), None, "no observation");
}

#[test]
fn a_ratio_of_counters_is_that_of_their_growth_and_of_gauges_that_of_their_values() {
    let fixture = Fixture::new();
    let requests = fixture.registry.counter("requests_total", "Requests.").labels(&["status"]).unwrap();
    requests.with(&["200"]).inc_by(1_000_000);
    let all = fixture.series("requests_total", Kind::Counter);
    let options = options().absolute_floor(0.01);
    fixture
        .anomalies
        .watch("errors", Measure::ratio(all.clone().with("status", "500"), all), options)
        .unwrap();
    let gauges = ["used", "limit"].map(|name| fixture.registry.gauge(name, "X.").build().unwrap());
    let [used, limit] = ["used", "limit"].map(|name| fixture.series(name, Kind::Gauge));
    fixture.anomalies.watch("used", Measure::ratio(used, limit), options).unwrap();
    fixture.evaluate();
    for (errors, used, limit) in [(0, 1.0, 10.0), (0, 1.0, 10.0), (5, 3.0, 20.0)] {
        requests.with(&["200"]).inc_by(100 - errors);
        requests.with(&["500"]).inc_by(errors);
        gauges[0].set(used);
        gauges[1].set(limit);
        fixture.evaluate();
    }
    let score = |name| (fixture.anomalies.status(name).unwrap().score * 1e6).round() / 1e6;
    assert_eq!(score("errors"), 5.0);
    // Warm after 0/0 without a value and twice 0.1.
    assert_eq!(score("used"), 5.0);
    fixture.evaluate();
    assert_eq!(score("errors"), 5.0, "without requests there is no ratio");
}

#[test]
fn single_errors_where_there_were_none_are_no_anomaly_by_default() {
    let fixture = Fixture::new();
    let requests = fixture.registry.counter("requests_total", "Requests.").labels(&["status"]).unwrap();
    let all = fixture.series("requests_total", Kind::Counter);
    let ratio = Measure::ratio(all.clone().with("status", "500"), all);
    let options = AnomalyOptions::new();
    for (name, options) in [("default", options), ("none", options.absolute_floor(0.0))] {
        fixture.anomalies.watch(name, ratio.clone(), options).unwrap();
    }
    let errors = |errors: u64| {
        requests.with(&["200"]).inc_by(100 - errors);
        requests.with(&["500"]).inc_by(errors);
        fixture.evaluate();
        ["default", "none"].map(|name| fixture.anomalies.status(name).unwrap())
    };
    for _ in 0..40 {
        errors(0);
    }
    let [first, second] = [errors(1), errors(1)].map(|[floor, _]| floor);
    assert_eq!((first.state, first.score), (AnomalyState::Normal, 1.0));
    assert_eq!(second.state, AnomalyState::Normal);
    assert_eq!(errors(1)[1].state, AnomalyState::Anomalous, "without a floor, any error is one");
    errors(5);
    assert_eq!(errors(5)[0].state, AnomalyState::Anomalous);
    let again = fixture.anomalies.watch("default", ratio, options.absolute_floor(0.01));
    assert!(again.is_ok(), "the default is 0.01");
}

#[test]
fn a_snapshot_that_is_older_than_the_last_one_is_not_read() {
    let fixture = Fixture::new();
    let requests = fixture.registry.counter("requests_total", "Requests.").build().unwrap();
    fixture.watch(Measure::rate(fixture.series("requests_total", Kind::Counter)));
    requests.inc_by(1_000);
    for _ in 0..4 {
        fixture.evaluate();
        requests.inc_by(100);
    }
    let of_another = fixture.registry.snapshot();
    fixture.evaluate();
    let status = fixture.anomalies.status("x");
    fixture.clock.advance(Duration::from_secs(1));
    fixture.anomalies.evaluate_with(&of_another, &fixture.clock);
    let read = fixture.registry.snapshot();
    fixture.clock.advance(STEP - Duration::from_secs(1));
    requests.inc_by(100);
    fixture.anomalies.evaluate(&fixture.clock);
    fixture.anomalies.evaluate_with(&read, &fixture.clock);
    assert_eq!(fixture.anomalies.status("x"), status, "10 a second, as before");
    assert_eq!(fixture.score(), 0.0);
}

#[test]
fn a_function_may_read_any_snapshot_and_have_no_value() {
    let (fixture, other) = (Fixture::new(), Registry::new());
    let level = other.gauge("level", "Level.").build().unwrap();
    fixture.watch(Measure::function(|snapshot| snapshot.value("level", &[]).filter(|level| *level > 0.0)));
    for value in [7.0, 0.0, 7.0, 9.0] {
        level.set(value);
        fixture.clock.advance(STEP);
        fixture.anomalies.evaluate_with(&other.snapshot(), &fixture.clock);
    }
    assert_eq!(fixture.score(), 2.0);
}

#[test]
fn two_snapshots_of_one_moment_are_one_rate() {
    let fixture = Fixture::new();
    let requests = fixture.registry.counter("requests_total", "Requests.").build().unwrap();
    fixture.watch(Measure::rate(fixture.series("requests_total", Kind::Counter)));
    fixture.evaluate();
    requests.inc_by(50);
    for grown in [100, 100, 150] {
        requests.inc_by(grown / 2);
        fixture.evaluate();
        fixture.clock.advance(Duration::ZERO);
        requests.inc_by(grown / 2);
        fixture.anomalies.evaluate(&fixture.clock);
    }
    // The second half of one step and the first of the next: 50 and 75 in 10 seconds.
    assert_eq!(fixture.anomalies.status("x").unwrap().expected, Some(10.0));
    assert_eq!(fixture.score(), 2.5);
}

#[test]
fn the_score_the_expected_value_and_the_state_are_metrics() {
    let fixture = Fixture::new();
    let level = fixture.registry.gauge("level", "Level.").build().unwrap();
    let measure = Measure::gauge(fixture.series("level", Kind::Gauge));
    fixture.anomalies.watch("x", measure, options().warm_up(12)).unwrap();
    fixture.assert_exposed(&[
        "# HELP anomaly_score Difference of the last value from the expected one, in deviations.",
        "# TYPE anomaly_score gauge",
        "anomaly_score{detector=\"x\"} 0",
        "# HELP anomaly_state State of a detector: 1 for the current state, 0 for the others.",
        "anomaly_state{detector=\"x\",state=\"warming_up\"} 1",
        "anomaly_state{detector=\"x\",state=\"normal\"} 0",
        "anomaly_state{detector=\"x\",state=\"anomalous\"} 0",
        "# HELP anomalies_total Number of anomalies that began.",
        "# TYPE anomalies_total counter",
        "anomalies_total{detector=\"x\"} 0",
        "# HELP anomaly_values_refused_total Number of values that were not judged, by reason.",
        "anomaly_values_refused_total{detector=\"x\",reason=\"not_finite\"} 0",
        "anomaly_values_refused_total{detector=\"x\",reason=\"panic\"} 0",
    ]);
    assert!(!fixture.registry.text().contains("anomaly_expected{"));
    for value in std::iter::repeat_n(20.0, 12).chain([30.0, 28.0]) {
        level.set(value);
        fixture.evaluate();
    }
    level.set(f64::NAN);
    fixture.evaluate();
    fixture.assert_exposed(&[
        "# HELP anomaly_expected Value that was expected of the last one.",
        "anomaly_score{detector=\"x\"} 8",
        "anomaly_expected{detector=\"x\"} 20",
        "anomaly_state{detector=\"x\",state=\"warming_up\"} 0",
        "anomaly_state{detector=\"x\",state=\"normal\"} 0",
        "anomaly_state{detector=\"x\",state=\"anomalous\"} 1",
        "anomalies_total{detector=\"x\"} 1",
        "anomaly_values_refused_total{detector=\"x\",reason=\"not_finite\"} 1",
    ]);
    for value in [20.0, 20.0, 20.0, 20.0, 20.0, 30.0, 30.0, 30.0] {
        level.set(value);
        fixture.evaluate();
    }
    fixture.assert_exposed(&["anomalies_total{detector=\"x\"} 2"]);
    let descriptors = fixture.registry.descriptors();
    let state = descriptors.iter().find(|descriptor| descriptor.name() == "anomaly_state").unwrap();
    assert_eq!(state.label_values("state").collect::<Vec<_>>(), ["warming_up", "normal", "anomalous"]);
}

#[test]
fn a_function_that_panics_loses_its_own_detector_only() {
    let fixture = Fixture::new();
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    fixture.watch(Measure::function(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
        0..3 => Some(5.0),
        _ => panic!("out of order"),
    }));
    let level = fixture.registry.gauge("level", "Level.").build().unwrap();
    for name in ["a", "z"] {
        fixture
            .anomalies
            .watch(name, Measure::gauge(fixture.series("level", Kind::Gauge)), options())
            .unwrap();
    }
    for value in [1.0, 1.0, 1.0, 1.0, 3.0, 4.0] {
        level.set(value);
        fixture.evaluate();
    }
    assert_eq!((fixture.anomalies.status("x"), calls.load(Ordering::SeqCst)), (None, 4));
    assert!(fixture.anomalies.is_watched("x") && !fixture.anomalies.is_watched("y"));
    let others: Vec<_> = fixture.anomalies.statuses();
    let others: Vec<(&str, f64)> =
        others.iter().map(|(name, status)| (name.as_str(), status.score)).collect();
    assert!(others[0].1 > 2.9, "{others:?}");
    assert_eq!(others, [("a", others[0].1), ("z", others[0].1)]);
    fixture.assert_exposed(&[
        "anomaly_values_refused_total{detector=\"x\",reason=\"panic\"} 1",
        "anomaly_score{detector=\"x\"} 0",
        "anomaly_state{detector=\"x\",state=\"normal\"} 0",
    ]);
}

#[test]
fn a_function_may_ask_the_detectors_and_evaluates_nothing_within() {
    let fixture = Fixture::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (asks, clock, sees) = (fixture.anomalies.clone(), ManualClock::new(), Arc::clone(&seen));
    let never = Measure::function(|_| None);
    fixture.watch(Measure::function(move |snapshot| {
        asks.evaluate_with(snapshot, &clock);
        sees.lock().unwrap().push(asks.status("x").map(|status| status.state));
        asks.watch("y", never.clone(), options()).ok().map(|()| 1.0)
    }));
    fixture.evaluate();
    fixture.evaluate();
    fixture.evaluate();
    let states = [AnomalyState::WarmingUp, AnomalyState::WarmingUp, AnomalyState::Normal].map(Some);
    assert_eq!(*seen.lock().unwrap(), states);
}

#[test]
fn a_name_stands_for_one_measure_with_one_set_of_options() {
    let fixture = Fixture::new();
    let gauge = |name| Measure::gauge(fixture.series(name, Kind::Gauge));
    let function = Measure::function(|_| None);
    let watch = |name: &str, measure: Measure, options| {
        fixture.anomalies.watch(name, measure, options).map_err(|error| error.to_string())
    };
    assert_eq!(watch("x", gauge("a"), options()), Ok(()));
    assert_eq!(watch("x", gauge("a"), options()), Ok(()));
    assert_eq!(watch("f", function.clone(), options()), Ok(()));
    assert_eq!(watch("f", function, options()), Ok(()));
    let differs = |name: &str| {
        Err(format!(
            "invalid anomaly detector \"{name}\": it is watched with another measure or other options: expected a name of its own"
        ))
    };
    assert_eq!(watch("x", gauge("b"), options()), differs("x"));
    assert_eq!(watch("x", Measure::rate(fixture.series("a", Kind::Gauge)), options()), differs("x"));
    assert_eq!(watch("x", gauge("a"), options().threshold(9.0)), differs("x"));
    assert_eq!(watch("f", Measure::function(|_| None), options()), differs("f"));
    assert_eq!(Anomalies::of(&fixture.registry).statuses().len(), 2, "clones share the detectors");
    assert!(Anomalies::of(&Registry::new()).statuses().is_empty());
    assert_eq!(fixture.anomalies.status("y"), None);
}

#[test]
fn measures_are_equal_if_they_read_the_same() {
    let registry = Registry::new();
    let [a, b] = ["a", "b"].map(|name| Series::of(&registry, name, Kind::Histogram));
    let measures = [
        Measure::gauge(a.clone()),
        Measure::gauge(b.clone()),
        Measure::rate(a.clone()),
        Measure::mean(a.clone()),
        Measure::mean(b.clone()),
        Measure::quantile(a.clone(), 0.5),
        Measure::quantile(a.clone(), 0.9),
        Measure::quantile(b.clone(), 0.5),
        Measure::ratio(a.clone(), b.clone()),
        Measure::ratio(a.clone(), a.clone()),
        Measure::ratio(b, a),
        Measure::function(|_| None),
        Measure::function(|_| None),
    ];
    for (at, one) in measures.iter().enumerate() {
        for (other_at, other) in measures.iter().enumerate() {
            assert_eq!(one == other, at == other_at, "{one:?} and {other:?}");
        }
    }
}

#[test]
fn detectors_that_cannot_work_are_refused_with_the_reason() {
    let fixture = Fixture::new();
    let watch =
        |name: &str, measure: Measure, options| fixture.anomalies.watch(name, measure, options).unwrap_err();
    let never = || Measure::function(|_| None);
    for name in [String::new(), "x".repeat(1025)] {
        let error = watch(&name, never(), options());
        assert!(error.to_string().ends_with(": expected a name of 1 to 1,024 bytes"), "{error}");
        assert_eq!(error.detector(), name);
    }
    for quantile in [-0.1, 1.1, f64::NAN] {
        let measure = Measure::quantile(fixture.series("a", Kind::Histogram), quantile);
        let error = watch("x", measure, options()).to_string();
        let reason = format!("quantile {quantile}: expected a number from 0 to 1");
        assert_eq!(error, format!("invalid anomaly detector \"x\": {reason}"));
    }
    let error = watch("x", never(), options().threshold(0.0));
    assert_eq!(error.to_string(), "invalid anomaly detector \"x\": its options are refused");
    assert_eq!(error.source().unwrap().to_string(), InvalidAnomalyOptions::Threshold(0.0).to_string());
    assert!(matches!(error.kind(), AnomalyErrorKind::Options(InvalidAnomalyOptions::Threshold(_))));
    fixture.registry.gauge("anomaly_score", "Taken.").build().unwrap();
    let error = watch("x", never(), options());
    assert_eq!(error.to_string(), "invalid anomaly detector \"x\": its metrics are refused");
    assert!(error.source().unwrap().to_string().contains("anomaly_score"));
    assert!(fixture.anomalies.statuses().is_empty());
}

#[test]
fn a_registry_has_at_most_a_hundred_detectors() {
    let fixture = Fixture::new();
    let never = Measure::function(|_| None);
    let watch = |name: String| fixture.anomalies.watch(name, never.clone(), options());
    (0..100).for_each(|number| watch(number.to_string()).unwrap());
    let error = watch("x".to_owned()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid anomaly detector \"x\": expected at most 100 detectors in a registry"
    );
    assert!(error.source().is_none());
    assert!(watch("7".to_owned()).is_ok(), "a known one is not one more");
}
