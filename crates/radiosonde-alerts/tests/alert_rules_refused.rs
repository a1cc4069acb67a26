//! Rules, silences and engines that are refused, and what their errors say to change.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde_alerts::{AlertEngine, AlertEngineBuildError, AlertRule, Condition, Severity, Silence, Value};
use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_signals::Series;

const WINDOW: Duration = Duration::from_secs(300);

fn of(kind: Kind) -> Series {
    Series::of(&Registry::new(), "things", kind)
}

fn refusal(rule: AlertRule) -> String {
    let registry = Registry::new();
    let error = AlertEngine::builder().registry(&registry).rule(rule).build().unwrap_err();
    assert!(matches!(error, AlertEngineBuildError::Rule(_)));
    error.to_string()
}

fn value(value: Value) -> String {
    refusal(AlertRule::new("A", Condition::above(value, 1.0)))
}

fn never() -> Condition {
    Condition::when(|_| None)
}

#[test]
fn the_plain_value_of_a_counter_is_no_threshold() {
    assert_eq!(
        value(Value::sum(of(Kind::Counter))),
        "invalid alert rule \"A\": the counter \"things\" never goes down, and neither would the alert: \
         expected `Value::increase` or `Value::rate`"
    );
    for plain in
        [Value::highest(of(Kind::Counter)), Value::lowest(of(Kind::Counter)), Value::age(of(Kind::Counter))]
    {
        assert!(value(plain).contains("never goes down"));
    }
    assert!(value(Value::share(of(Kind::Gauge), of(Kind::Counter))).contains("never goes down"));
}

#[test]
fn a_value_of_a_metric_of_another_kind_is_refused() {
    let expected = "invalid alert rule \"A\": \"things\" is a gauge: expected a counter, or `Value::sum`";
    assert_eq!(value(Value::rate(of(Kind::Gauge), WINDOW)), expected);
    assert_eq!(value(Value::increase(of(Kind::Gauge), WINDOW)), expected);
    assert_eq!(value(Value::ratio(of(Kind::Gauge), of(Kind::Counter), WINDOW)), expected);
    assert_eq!(value(Value::ratio(of(Kind::Counter), of(Kind::Gauge), WINDOW)), expected);
    let quantile = value(Value::quantile(0.5, of(Kind::Summary), WINDOW));
    assert_eq!(quantile, "invalid alert rule \"A\": \"things\" is a summary: expected a histogram");
    assert!(
        value(Value::sum(of(Kind::Histogram)))
            .contains("is a histogram: expected a gauge, or `Value::quantile`")
    );
    // A summary has no buckets to compute a quantile from.
    let summary = value(Value::sum(of(Kind::Summary)));
    assert_eq!(
        summary,
        "invalid alert rule \"A\": \"things\" is a summary: expected a gauge, or `Value::rate`"
    );
}

#[test]
fn a_quantile_is_within_0_and_1_and_a_window_is_not_empty() {
    for quantile in [-0.1, 1.1, f64::NAN] {
        let error = value(Value::quantile(quantile, of(Kind::Histogram), WINDOW));
        assert!(error.contains("expected 0 to 1, such as 0.95"), "{error}");
    }
    let zero = Duration::ZERO;
    let counter = || of(Kind::Counter);
    for empty in [
        Value::quantile(0.5, of(Kind::Histogram), zero),
        Value::rate(counter(), zero),
        Value::increase(counter(), zero),
        Value::ratio(counter(), counter(), zero),
    ] {
        assert!(value(empty).contains("expected a window longer than 0 s"));
    }
}

#[test]
fn a_threshold_is_a_number() {
    let nan = refusal(AlertRule::new("A", Condition::above(Value::sum(of(Kind::Gauge)), f64::NAN)));
    assert_eq!(nan, "invalid alert rule \"A\": threshold NaN: expected a number");
    assert_eq!(refusal(AlertRule::new("A", Condition::budget_below("jobs", f64::NAN))), nan);
}

#[test]
fn labels_are_those_that_alertmanager_accepts_and_not_those_of_the_alert() {
    let rule = || AlertRule::new("A", never());
    let label = refusal(rule().label("my-label", "x"));
    assert_eq!(
        label,
        "invalid alert rule \"A\": label \"my-label\": expected [a-zA-Z_][a-zA-Z0-9_]*, without __ in front"
    );
    for own in ["alertname", "severity"] {
        assert!(refusal(rule().label(own, "x")).contains("is set from the alert"));
        assert!(value(Value::sum(of(Kind::Gauge)).by(own)).contains("is set from the alert"));
    }
    assert!(refusal(rule().annotation("run book", "x")).contains("annotation \"run book\""));
    let twice = Condition::above(Value::sum(of(Kind::Gauge)).by("queue"), 1.0);
    assert!(refusal(AlertRule::new("A", twice).label("queue", "x")).contains("comes from the value"));
    assert!(value(Value::sum(of(Kind::Gauge)).by("a b")).contains("label \"a b\""));
}

#[test]
fn a_rule_has_a_name_of_its_own_and_room_for_an_alert() {
    assert_eq!(refusal(AlertRule::new("", never())), "invalid alert rule \"\": expected a name");
    assert!(refusal(AlertRule::new("A", never()).max_alerts(0)).contains("expected 1 or more"));
    assert!(refusal(AlertRule::new("ErrorBudgetBurn", never())).contains("another rule has this name"));
    let registry = Registry::new();
    let engine =
        AlertEngine::builder().registry(&registry).rule(AlertRule::new("A", never())).build().unwrap();
    engine.add_rule(AlertRule::new("A", never()).severity(Severity::Critical)).unwrap();
    let error = engine.add_rule(AlertRule::new("A", never())).unwrap_err();
    assert_eq!(error.rule(), "A");
    assert_eq!(
        error.to_string(),
        "invalid alert rule \"A\": another rule has this name and severity: expected a name of its own, or labels in one rule"
    );
}

#[test]
fn an_interval_has_bounds_and_metrics_are_not_those_of_others() {
    let registry = Registry::new();
    let with = |interval| AlertEngine::builder().registry(&registry).interval(interval).build();
    let (shortest, longest) = (Duration::from_millis(10), Duration::from_secs(6 * 3600));
    for (interval, shown) in [
        (Duration::ZERO, "0ns"),
        (Duration::from_micros(9_999), "9.999ms"),
        (longest + Duration::from_millis(1), "21600.001s"),
    ] {
        let error = with(interval).unwrap_err();
        assert!(matches!(error, AlertEngineBuildError::Interval(refused) if refused == interval));
        let expected = format!("invalid interval {shown}: expected 10 ms to 6 h between two evaluations");
        assert_eq!(error.to_string(), expected);
    }
    assert!(with(shortest).is_ok());
    assert!(with(longest).is_ok());
    let registry = Registry::new();
    registry.counter("radiosonde_alerts_evaluations_total", "Other.").labels(&["a"]).unwrap();
    let taken = AlertEngine::builder().registry(&registry).build().unwrap_err();
    assert!(matches!(taken, AlertEngineBuildError::Metrics(_)));
    assert!(taken.to_string().contains("\"radiosonde_alerts_evaluations_total\""), "{taken}");
}

#[test]
fn a_silence_asks_for_something_and_ends_in_the_future() {
    let registry = Registry::new();
    let engine = AlertEngine::builder().registry(&registry).build().unwrap();
    let refused = |silence: Silence| engine.silence(silence).unwrap_err().to_string();
    let everything = "invalid silence: it matches every alert: expected a label that is equal to a value";
    assert_eq!(refused(Silence::lasting(WINDOW)), everything);
    assert_eq!(refused(Silence::lasting(WINDOW).not_equal("a", "b").equal("c", "")), everything);
    let past = refused(Silence::until(std::time::UNIX_EPOCH).equal("a", "b"));
    assert_eq!(past, "invalid silence: expected an end in the future");
    assert_eq!(refused(Silence::lasting(Duration::MAX).equal("a", "b")), past);
    assert_eq!(refused(Silence::lasting(Duration::ZERO).equal("a", "b")), past);
    for _ in 0..1_000 {
        engine.silence(Silence::lasting(WINDOW).equal("a", "b")).unwrap();
    }
    let many = refused(Silence::lasting(WINDOW).equal("a", "b"));
    assert_eq!(many, "too many silences: expected at most 1000");
}
