//! Objectives for series that contradict each other are refused, whichever is declared first.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_signals::{Bound, Match, Objectives, Series, Slo, Work};

const MINUTE: Duration = Duration::from_secs(60);

fn series(metric: &str, kind: Kind) -> Series {
    Series::of(&Registry::new(), metric, kind)
}

fn depth(name: &str, percent: f64, bound: Bound) -> Slo {
    Slo::gauge(name, percent, series("depth", Kind::Gauge), bound)
}

fn fresh(name: &str, percent: f64, minutes: u32) -> Slo {
    Slo::freshness(name, percent, series("updated_seconds", Kind::Gauge), MINUTE * minutes)
}

fn busy(name: &str, percent: f64, at_least: f64) -> Slo {
    Slo::throughput(name, percent, series("done_total", Kind::Counter), at_least)
}

/// The text of the refusal of the second.
#[track_caller]
fn refusal(first: Slo, second: Slo) -> String {
    let objectives = Objectives::of(&Registry::new());
    let prefix = format!("invalid objective {:?}: ", second.name());
    objectives.declare(first.clone()).unwrap();
    let text = objectives.declare(second).unwrap_err().to_string();
    assert_eq!(objectives.slos(), [first]);
    text.strip_prefix(&prefix).unwrap().to_owned()
}

/// Both orders are refused with this text, which names neither as the first.
#[track_caller]
fn assert_refused(first: &Slo, second: &Slo, text: &str) {
    assert_eq!(refusal(first.clone(), second.clone()), text);
    assert_eq!(refusal(second.clone(), first.clone()), text);
}

#[track_caller]
fn assert_declared(first: &Slo, second: &Slo) {
    for pair in [[first, second], [second, first]] {
        let pair = pair.map(Clone::clone);
        Objectives::of(&Registry::new()).declare_all(pair).unwrap();
    }
}

#[test]
fn a_bound_of_a_gauge_has_one_target() {
    for (bound, text) in [(Bound::AtMost(10.0), "at most"), (Bound::AtLeast(10.0), "at least")] {
        assert_eq!(
            refusal(depth("a", 99.0, bound), depth("b", 95.0, bound)),
            format!(
                "95 % for depth of {text} 10, and 99 % in objective \"a\": expected one target for the same"
            )
        );
        assert_declared(&depth("a", 99.9, bound), &depth("b", 100.0 - 0.1, bound));
    }
}

#[test]
fn bounds_without_a_common_value_are_refused() {
    let low = |percent| depth("low", percent, Bound::AtMost(10.0));
    let high = |percent| depth("high", percent, Bound::AtLeast(50.0));
    let advice = "no value is within both; expected bounds that have values in common, or targets that are at most 100 % together";
    assert_eq!(
        refusal(low(99.0), high(95.0)),
        format!(
            "95 % for depth of at least 50, and 99 % for depth of at most 10 in objective \"low\": {advice}"
        )
    );
    assert_eq!(
        refusal(high(95.0), low(99.0)),
        format!(
            "99 % for depth of at most 10, and 95 % for depth of at least 50 in objective \"high\": {advice}"
        )
    );
    // Each in its half of the time.
    let [low, high] = [low(50.0), high(50.0)].map(|slo| slo.windows([]));
    assert_declared(&low, &high);
    assert_declared(&depth("low", 99.0, Bound::AtMost(50.0)), &depth("high", 99.0, Bound::AtLeast(50.0)));
    assert_declared(&depth("low", 99.0, Bound::AtMost(50.0)), &depth("high", 99.0, Bound::AtLeast(10.0)));
}

#[test]
fn a_looser_bound_has_a_higher_target() {
    for percent in [99.0, 95.0] {
        let text = |loose: &str, strict: &str| {
            format!(
                "{percent} % for {loose} in \"loose\" always holds if 99 % for {strict} in \"strict\" does: \
                 expected a target above 99 % for the looser bound, or no objective for it"
            )
        };
        assert_refused(
            &depth("strict", 99.0, Bound::AtMost(10.0)),
            &depth("loose", percent, Bound::AtMost(20.0)),
            &text("depth of at most 20", "depth of at most 10"),
        );
        assert_refused(
            &depth("strict", 99.0, Bound::AtLeast(20.0)),
            &depth("loose", percent, Bound::AtLeast(10.0)),
            &text("depth of at least 10", "depth of at least 20"),
        );
        assert_refused(
            &fresh("strict", 99.0, 5),
            &fresh("loose", percent, 10),
            &text(
                "an age of updated_seconds of at most 10 minutes",
                "an age of updated_seconds of at most 5 minutes",
            ),
        );
        assert_refused(
            &busy("strict", 99.0, 20.0),
            &busy("loose", percent, 2.5),
            &text("2.5 or more of done_total per second", "20 or more of done_total per second"),
        );
    }
    assert_declared(&depth("a", 99.0, Bound::AtMost(10.0)), &depth("b", 99.9, Bound::AtMost(20.0)));
    assert_declared(&depth("a", 99.0, Bound::AtLeast(20.0)), &depth("b", 99.9, Bound::AtLeast(10.0)));
    assert_declared(&fresh("a", 99.0, 5), &fresh("b", 99.9, 10));
    assert_declared(&busy("a", 99.0, 20.0), &busy("b", 99.9, 10.0));
}

#[test]
fn an_age_and_a_rate_have_one_target() {
    assert_eq!(
        refusal(fresh("a", 99.0, 5), fresh("b", 99.5, 5)),
        "99.5 % for an age of updated_seconds of at most 5 minutes, and 99 % in objective \"a\": \
         expected one target for the same"
    );
    assert_eq!(
        refusal(busy("a", 99.0, 5.0), busy("b", 99.5, 5.0)),
        "99.5 % for 5 or more of done_total per second, and 99 % in objective \"a\": \
         expected one target for the same"
    );
    assert_declared(&fresh("a", 99.0, 5), &fresh("b", 99.0, 5));
}

#[test]
fn the_same_events_have_one_target() {
    let right = |name: &str, percent, bad: Series| {
        Slo::correctness(name, percent, bad, series("orders_total", Kind::Counter))
    };
    let orders = || series("orders_total", Kind::Counter);
    let failed = || orders().with_any("outcome", ["failed", "late"]).with("shop", "a");
    let reordered = || orders().with("shop", "a").with_any("outcome", ["late", "failed", "late"]);
    assert_eq!(
        refusal(right("a", 99.0, failed()), right("b", 99.5, reordered())),
        "99.5 % for orders_total that are not orders_total{shop=\"a\",outcome=\"late|failed|late\"}, \
         and 99 % in objective \"a\": expected one target for the same"
    );
    assert_declared(&right("a", 99.0, failed()), &right("b", 99.0, reordered()));
    for other in [
        orders().with("shop", "a"),
        orders().with_any("outcome", ["failed", "late"]).with("shop", "b"),
        orders()
            .with_match("outcome", Match::StartsWith(vec!["failed".into(), "late".into()]))
            .with("shop", "a"),
        orders().with_match("outcome", Match::NoneOf(vec!["failed".into(), "late".into()])).with("shop", "a"),
        series("refunds_total", Kind::Counter),
    ] {
        assert_declared(&right("a", 99.0, failed()), &right("b", 99.5, other));
    }
    let of_others = Slo::correctness("b", 99.5, failed(), series("refunds_total", Kind::Counter));
    assert_declared(&right("a", 99.0, failed()), &of_others);
}

/// An objective with this name and this target.
type Of<'a> = &'a dyn Fn(&str, f64) -> Slo;

#[test]
fn targets_that_differ_by_a_thousandth_are_two_and_those_of_binary_are_one() {
    let work = || Work::operation("price");
    let gauge = |name: &str, percent| depth(name, percent, Bound::AtMost(10.0));
    let right = |name: &str, percent| {
        let orders = series("orders_total", Kind::Counter);
        Slo::correctness(name, percent, orders.clone().with("outcome", "failed"), orders)
    };
    let available = |name: &str, percent| Slo::availability(name, percent, work());
    let fast = |name: &str, percent| Slo::latency(name, percent, work(), MINUTE);
    let kinds: [Of<'_>; 4] = [&gauge, &right, &available, &fast];
    for objective in kinds {
        for (one, two) in [(99.9, 99.901), (99.901, 99.9), (99.0, 98.999)] {
            let text = refusal(objective("a", one), objective("b", two));
            assert!(
                text.contains(&format!("{two} %")) && text.contains(&format!("{one} % in objective")),
                "{text}"
            );
        }
        // The second is a little less in binary.
        assert_declared(&objective("a", 99.01), &objective("b", 0.9901 * 100.0));
    }
}

#[test]
fn other_series_periods_and_measures_are_not_compared() {
    let a = depth("a", 99.0, Bound::AtMost(10.0));
    let other = |gauge| Slo::gauge("b", 95.0, gauge, Bound::AtMost(10.0));
    assert_declared(&a, &other(series("length", Kind::Gauge)));
    assert_declared(&a, &other(series("depth", Kind::Gauge).with("queue", "mail")));
    assert_declared(&a, &depth("b", 95.0, Bound::AtMost(10.0)).period(MINUTE * 60 * 24 * 7));
    // An age of at most a minute, and a time of at most one second after 1970.
    let age = Slo::freshness("b", 95.0, series("depth", Kind::Gauge), Duration::from_secs(10));
    assert_declared(&a, &age);
}
