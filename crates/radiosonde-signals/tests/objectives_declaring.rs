//! What is refused when an objective is declared, by the full text.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use proptest::prelude::*;
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_signals::{
    Bound, BurnWindow, Cache, Database, GoldenSignals, Objectives, Operation, OperationNames, Queue, Series,
    Sessions, Severity, Slo, SloError, Work,
};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The text of the refusal, without that it is one.
fn refusal(registry: &Registry, slo: Slo) -> String {
    let prefix = format!("invalid objective {:?}: ", slo.name());
    let refused = Objectives::of(registry).declare(slo).unwrap_err();
    refused.to_string().strip_prefix(&prefix).unwrap().to_owned()
}

#[track_caller]
fn assert_refused(slo: Slo, text: &str) {
    let registry = Registry::new();
    assert_eq!(refusal(&registry, slo), text);
    assert_eq!((Objectives::of(&registry).slos(), registry.descriptors().len()), (Vec::new(), 0));
}

#[track_caller]
fn assert_declared(slo: Slo) {
    let objectives = Objectives::of(&Registry::new());
    objectives.declare(slo.clone()).unwrap();
    assert_eq!((objectives.slos(), objectives.problems()), (vec![slo], Vec::new()));
}

fn orders(percent: f64) -> Slo {
    Slo::availability("orders", percent, Work::http_server())
}

fn window(long: Duration, short: Duration, factor: f64) -> BurnWindow {
    BurnWindow { long, short, factor, severity: Severity::Critical }
}

#[test]
fn a_target_is_a_percentage_that_leaves_a_budget() {
    for (target, text) in [
        (100.0, "target 100: expected a percentage above 1 and below 100, such as 99.9"),
        (100.5, "target 100.5: expected a percentage above 1 and below 100, such as 99.9"),
        (0.0, "target 0: expected a percentage above 1 and below 100, such as 99.9"),
        (1.0, "target 1: expected a percentage above 1 and below 100, such as 99.9"),
        (-1.0, "target -1: expected a percentage above 1 and below 100, such as 99.9"),
        (f64::NAN, "target NaN: expected a percentage above 1 and below 100, such as 99.9"),
        (f64::INFINITY, "target inf: expected a percentage above 1 and below 100, such as 99.9"),
        (0.999, "target 0.999 is a ratio: expected a percentage, 99.9"),
        (0.9995, "target 0.9995 is a ratio: expected a percentage, 99.95"),
    ] {
        assert_refused(orders(target), text);
    }
    assert_declared(orders(99.9999));
    assert_declared(orders(1.5).windows([]));
}

#[test]
fn a_name_can_be_that_of_an_alert() {
    let named = |name: &str| Slo::availability(name, 99.0, Work::http_server());
    let text =
        "invalid name: expected 1 to 100 letters, digits and characters of \"_-.:\", beginning with a letter";
    for name in ["", " ", "9orders", "_orders", "orders api", "orders\n", "bestellungen_ü", &"a".repeat(101)]
    {
        assert_refused(named(name), text);
    }
    for name in ["a", "Orders-api.v2:fast_9", &"a".repeat(100)] {
        assert_declared(named(name));
    }
}

#[test]
fn a_period_is_of_a_minute_to_366_days() {
    for (period, text) in [
        (Duration::ZERO, "period 0ns: expected 1 minute to 366 days, such as 30 days"),
        (Duration::from_secs(59), "period 59s: expected 1 minute to 366 days, such as 30 days"),
        (DAY * 367, "period 367 days: expected 1 minute to 366 days, such as 30 days"),
    ] {
        assert_refused(orders(99.0).period(period), text);
    }
    assert_declared(orders(99.0).period(DAY * 366));
    assert_declared(orders(99.0).period(MINUTE).windows([]));
}

#[test]
fn windows_fit_each_other_and_the_period() {
    let hour = MINUTE * 60;
    for (window, text) in [
        (
            window(MINUTE, MINUTE * 5, 2.0),
            "short window 5 minutes is longer than the long window 1 minute: expected about a twelfth of it",
        ),
        (window(hour, Duration::ZERO, 2.0), "window 0s: expected windows such as 1 hour and 5 minutes"),
        (
            window(DAY * 31, hour, 2.0),
            "window 31 days is longer than the period 30 days: expected shorter windows, or a longer period",
        ),
        (window(hour, MINUTE, 0.0), "factor 0: expected a number above 0, such as 14.4"),
        (window(hour, MINUTE, -1.0), "factor -1: expected a number above 0, such as 14.4"),
        (window(hour, MINUTE, f64::NAN), "factor NaN: expected a number above 0, such as 14.4"),
        (window(hour, MINUTE, f64::INFINITY), "factor inf: expected a number above 0, such as 14.4"),
    ] {
        assert_refused(orders(99.0).windows([window]), text);
    }
    assert_declared(orders(99.0).windows([window(MINUTE, MINUTE, 2.0)]));
    assert_declared(orders(99.0).windows([window(DAY * 30, hour, 2.0)]));
    assert_refused(
        orders(99.0).period(DAY),
        "window 3 days is longer than the period 1 day: expected shorter windows, or a longer period",
    );
}

#[test]
fn a_page_that_cannot_be_reached_names_the_target_and_the_factor_that_can() {
    assert_refused(
        orders(90.0),
        "14.4 x 10 % of budget is 144 %, which bad events cannot exceed: expected a target above 93.06 %, \
         or windows with a factor below 10",
    );
    assert_refused(
        orders(85.0),
        "14.4 x 15 % of budget is 216 %, which bad events cannot exceed: expected a target above 93.06 %, \
         or windows with a factor below 6.66",
    );
    let page = |factor| orders(99.9).windows([window(MINUTE, MINUTE, factor)]);
    assert_refused(
        page(1000.0),
        "1000 x 0.1 % of budget is 100 %, which bad events cannot exceed: expected a target above 99.9 %, \
         or windows with a factor below 1000",
    );
    assert_refused(
        page(200_000.0),
        "200000 x 0.1 % of budget is 20000 %, which bad events cannot exceed: expected a target above 99.9995 %, \
         or windows with a factor below 1000",
    );
    assert_declared(page(999.9));
    assert_declared(orders(93.06));
    assert_declared(orders(90.0).windows([window(MINUTE, MINUTE, 9.99)]));
}

#[test]
fn a_budget_is_of_one_event_at_least() {
    assert_refused(
        orders(99.99).expected_traffic(0.001),
        "of 2592 events in 30 days, 0.01 % are 0.2592: less than one may be bad; \
         expected a target up to 99.96 %, or a longer period",
    );
    assert_refused(
        orders(99.0).period(MINUTE).windows([]).expected_traffic(0.01),
        "of 0.6 events in 1 minute, 1 % are 0.006: less than one may be bad; expected a longer period or more traffic",
    );
    // 10,000 events with 0.01 % are one.
    assert_declared(orders(99.99).period(MINUTE * 100).windows([]).expected_traffic(10_000.0 / 6000.0));
    // 1,000 events with 0.1 % are one as well, but a little less in binary.
    assert!(1000.0 * orders(99.9).error_budget() < 1.0);
    assert_declared(orders(99.9).period(MINUTE * 100).windows([]).expected_traffic(1000.0 / 6000.0));
    for (events, text) in [
        (0.0, "expected traffic 0: expected a number of events per second above 0"),
        (f64::NAN, "expected traffic NaN: expected a number of events per second above 0"),
        (f64::INFINITY, "expected traffic inf: expected a number of events per second above 0"),
    ] {
        assert_refused(orders(99.0).expected_traffic(events), text);
    }
    let depth = Series::of(&Registry::new(), "queue_depth", Kind::Gauge);
    assert_refused(
        Slo::gauge("depth", 99.0, depth, Bound::AtMost(5.0)).expected_traffic(3.0),
        "expected traffic 3: expected none, as the objective counts time and not events",
    );
    assert_refused(
        orders(99.0).min_bad_events(-1.0),
        "at least -1 bad events: expected a number from 0 on, such as 5",
    );
    assert_refused(
        orders(99.0).min_bad_events(f64::NAN),
        "at least NaN bad events: expected a number from 0 on, such as 5",
    );
}

#[test]
fn thresholds_and_bounds_are_ones_that_can_be_met() {
    let fast = |threshold| Slo::latency("fast", 99.0, Work::http_server(), threshold);
    let series = |kind| Series::of(&Registry::new(), "records_total", kind);
    assert_refused(fast(Duration::ZERO), "threshold 0ns: expected 1µs to 7 days, such as 500ms");
    assert_refused(fast(Duration::from_nanos(999)), "threshold 999ns: expected 1µs to 7 days, such as 500ms");
    assert_refused(fast(DAY * 8), "threshold 8 days: expected 1µs to 7 days, such as 500ms");
    assert_declared(fast(Duration::from_micros(1)));
    assert_declared(fast(DAY * 7));
    let bad = |bound: &str| {
        format!("bound {bound}: expected a finite number, and for a rate or an age one above 0")
    };
    assert_refused(Slo::throughput("a", 99.0, series(Kind::Counter), 0.0), &bad("0"));
    assert_refused(Slo::throughput("a", 99.0, series(Kind::Counter), f64::NAN), &bad("NaN"));
    assert_refused(Slo::freshness("a", 99.0, series(Kind::Gauge), Duration::ZERO), &bad("0"));
    assert_refused(Slo::gauge("a", 99.0, series(Kind::Gauge), Bound::AtMost(f64::INFINITY)), &bad("inf"));
    assert_refused(Slo::gauge("a", 99.0, series(Kind::Gauge), Bound::AtLeast(f64::NAN)), &bad("NaN"));
    assert_declared(Slo::gauge("a", 99.0, series(Kind::Gauge), Bound::AtMost(0.0)));
}

#[test]
fn the_same_objective_can_be_declared_by_two_parts_of_a_program() {
    let registry = Registry::new();
    let objectives = Objectives::of(&registry);
    objectives.declare(orders(99.0)).unwrap();
    Objectives::of(&registry).declare(orders(99.0)).unwrap();
    objectives.declare_all([orders(99.0), orders(99.0)]).unwrap();
    assert_eq!(objectives.slos(), [orders(99.0)]);
    let text = "another objective has this name and is not the same: expected a name of its own";
    assert_eq!(refusal(&registry, orders(99.0).owner("team-orders")), text);
    assert_eq!(refusal(&registry, orders(99.5)), text);
}

#[test]
fn one_refused_objective_refuses_all_that_are_declared_with_it() {
    let registry = Registry::new();
    let objectives = Objectives::of(&registry);
    let good = Slo::latency("fast", 99.0, Work::operation("price"), ms(300));
    let refused = objectives.declare_all([good.clone(), orders(100.0)]).unwrap_err();
    assert_eq!(refused.slo(), "orders");
    assert_eq!(objectives.slos(), []);
    let price = Operation::builder("price").registry(&registry).build().unwrap();
    assert_eq!(buckets(&registry, price.signals()), Buckets::HTTP_SECONDS.bounds());
    // Now it is too late for the threshold.
    assert!(objectives.declare(good).is_err());
}

#[test]
fn an_availability_is_stated_once() {
    let registry = Registry::new();
    let objectives = Objectives::of(&registry);
    objectives.declare(Slo::availability("gateway", 99.99, Work::route("/a").item("/b"))).unwrap();
    let errors = |percent| Slo::availability("errors", percent, Work::route("/b").item("/a"));
    assert_eq!(
        refusal(&registry, errors(99.9)),
        "availability of http_server, item \"/b\", item \"/a\" is 99.9 %, and 99.99 % in objective \"gateway\": \
         expected one target; an error ratio of 0.1 % is an availability of 99.9 %"
    );
    objectives.declare(errors(100.0 - 0.01)).unwrap();
    objectives.declare(Slo::availability("route", 99.9, Work::route("/a"))).unwrap();
    objectives.declare(Slo::availability("named", 99.8, Work::http_server().named("shop"))).unwrap();
    let week = Slo::availability("week", 99.0, Work::route("/a")).period(DAY * 7);
    objectives.declare(week).unwrap();
    assert_eq!(objectives.slos().len(), 5);
}

#[test]
fn a_longer_threshold_has_a_higher_target() {
    let registry = Registry::new();
    let objectives = Objectives::of(&registry);
    let latency = |name: &str, percent, millis| Slo::latency(name, percent, Work::http_server(), ms(millis));
    objectives.declare(latency("fast", 99.0, 200)).unwrap();
    for percent in [95.0, 99.0] {
        assert_eq!(
            refusal(&registry, latency("slow", percent, 500)),
            format!(
                "{percent} % within 500ms in \"slow\" always holds if 99 % within 200ms in \"fast\" does: \
                 expected a target above 99 % for the longer threshold, or no objective for it"
            )
        );
    }
    assert_eq!(
        refusal(&registry, latency("faster", 99.5, 100)),
        "99 % within 200ms in \"fast\" always holds if 99.5 % within 100ms in \"faster\" does: \
         expected a target above 99.5 % for the longer threshold, or no objective for it"
    );
    assert_eq!(
        refusal(&registry, latency("same", 98.0, 200)),
        "98 % of http_server within 200ms, and 99 % in objective \"fast\": expected one target for a threshold"
    );
    objectives.declare(latency("again", 99.0, 200)).unwrap();
    objectives.declare(latency("slow", 99.9, 500)).unwrap();
    objectives.declare(latency("median", 50.5, 20).windows([window(MINUTE, MINUTE, 2.0)])).unwrap();
    objectives.declare(Slo::latency("route", 95.0, Work::route("/a"), ms(500))).unwrap();
    assert_eq!(objectives.slos().len(), 5);
}

fn buckets(registry: &Registry, signals: &GoldenSignals) -> Vec<f64> {
    signals.latency().unwrap().descriptor(registry).unwrap().buckets().unwrap().to_vec()
}

#[test]
fn work_without_the_signal_cannot_have_the_objective() {
    let registry = Registry::new();
    let _sessions = Sessions::builder("customer").registry(&registry).build().unwrap();
    let _cache = Cache::builder("prices").registry(&registry).build().unwrap();
    assert_eq!(
        refusal(&registry, Slo::latency("a", 99.0, Work::sessions("customer"), ms(10))),
        "sessions \"customer\" has no latency: \
         expected work with a histogram of seconds among its golden signals"
    );
    let jobs = Series::of(&registry, "jobs_total", Kind::Counter);
    GoldenSignals::new("business", "jobs").with_traffic(jobs).declare(&registry);
    assert_eq!(
        refusal(&registry, Slo::availability("a", 99.0, Work::business("jobs"))),
        "business \"jobs\" does not count errors among its traffic: \
         expected work that does, or an objective for correctness"
    );
    assert_eq!(
        refusal(&registry, Slo::availability("a", 99.0, Work::cache("prices").item("load"))),
        "cache \"prices\", item \"load\": this kind has no items: expected a name, or a label"
    );
}

#[test]
fn labels_are_those_of_the_metrics() {
    let registry = Registry::new();
    let _database = Database::builder("orders").registry(&registry).build().unwrap();
    let by = |label: &str| Work::database("orders").label(label, "x");
    assert_eq!(
        refusal(&registry, Slo::availability("a", 99.0, by("query"))),
        "metric \"database_queries_total\" has no label \"query\": \
         expected one of [\"database\", \"operation\", \"outcome\"]"
    );
    // The traffic has the label, and the errors do not.
    assert_eq!(
        refusal(&registry, Slo::availability("a", 99.0, by("outcome"))),
        "metric \"database_query_errors_total\" has no label \"outcome\": \
         expected one of [\"database\", \"operation\", \"kind\"]"
    );
    assert_eq!(
        refusal(&registry, Slo::latency("a", 99.0, by("outcome"), ms(500))),
        "metric \"database_query_duration_seconds\" has no label \"outcome\": \
         expected one of [\"database\", \"operation\"]"
    );
    let objectives = Objectives::of(&registry);
    objectives.declare(Slo::availability("a", 99.0, by("operation"))).unwrap();
    let total = Series::of(&registry, "database_queries_total", Kind::Counter);
    let absent = radiosonde_signals::Match::NoneOf(vec!["x".to_owned()]);
    let bad = total.clone().with_match("tenant", absent).with("outcome", "failed");
    objectives.declare(Slo::correctness("b", 99.0, bad, total.clone())).unwrap();
    assert_eq!(
        refusal(&registry, Slo::correctness("c", 99.0, total.clone().with("status", "5xx"), total)),
        "metric \"database_queries_total\" has no label \"status\": \
         expected one of [\"database\", \"operation\", \"outcome\"]"
    );
}

#[test]
fn a_constant_label_is_a_label_of_the_metrics() {
    let registry = Registry::builder().label("region", "eu").build().unwrap();
    registry.counter("done_total", "Done.").labels(&["shop"]).unwrap();
    let done = |label: &str| {
        let series = Series::of(&registry, "done_total", Kind::Counter).with(label, "eu");
        Slo::throughput("done", 99.0, series, 1.0)
    };
    assert_eq!(
        refusal(&registry, done("zone")),
        "metric \"done_total\" has no label \"zone\": expected one of [\"shop\", \"region\"]"
    );
    Objectives::of(&registry).declare(done("region")).unwrap();
}

#[test]
fn a_metric_is_of_a_kind_that_the_objective_can_count() {
    let registry = Registry::new();
    registry.gauge("depth", "Depth.").build().unwrap();
    registry.counter("done_total", "Done.").build().unwrap();
    let series = |name: &str, kind| Series::of(&registry, name, kind);
    let depth = || series("depth", Kind::Gauge);
    let done = || series("done_total", Kind::Counter);
    let is_a_gauge = "metric \"depth\" is a gauge: expected a counter, or a histogram by its count";
    let is_a_counter = "metric \"done_total\" is a counter: expected a gauge";
    assert_eq!(refusal(&registry, Slo::throughput("a", 99.0, depth(), 1.0)), is_a_gauge);
    assert_eq!(
        refusal(&registry, Slo::throughput("a", 99.0, series("depth", Kind::Counter), 1.0)),
        is_a_gauge
    );
    assert_eq!(
        refusal(&registry, Slo::throughput("a", 99.0, series("done_total", Kind::Gauge), 1.0)),
        "metric \"done_total\" is a gauge: expected a counter, or a histogram by its count",
        "declared as a counter, but selected as a gauge"
    );
    assert_eq!(refusal(&registry, Slo::correctness("a", 99.0, depth(), done())), is_a_gauge);
    assert_eq!(refusal(&registry, Slo::correctness("a", 99.0, done(), depth())), is_a_gauge);
    assert_eq!(refusal(&registry, Slo::freshness("a", 99.0, done(), MINUTE)), is_a_counter);
    assert_eq!(refusal(&registry, Slo::gauge("a", 99.0, done(), Bound::AtMost(1.0))), is_a_counter);
    // Not declared yet, but selected as another kind.
    assert_eq!(
        refusal(&registry, Slo::freshness("a", 99.0, series("later", Kind::Histogram), MINUTE)),
        "metric \"later\" is a histogram: expected a gauge"
    );
    // Selected as the kind, and declared as another later.
    let objectives = Objectives::of(&registry);
    objectives.declare(Slo::throughput("later", 99.0, series("late", Kind::Counter), 1.0)).unwrap();
    assert_eq!(objectives.problems(), []);
    registry.gauge("late", "Late.").build().unwrap();
    let problems: Vec<String> = objectives.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "invalid objective \"later\": metric \"late\" is a gauge: expected a counter, or a histogram by its count"
        ]
    );
}

#[test]
fn a_threshold_comes_before_the_histogram_or_is_one_of_its_buckets() {
    let registry = Registry::new();
    let halves = Buckets::from_static(&[0.5, 1.0]);
    let _price = Operation::builder("price").registry(&registry).buckets(halves).build().unwrap();
    let fast = |millis| Slo::latency("fast", 99.0, Work::operation("price"), ms(millis));
    assert_eq!(
        refusal(&registry, fast(300)),
        "histogram \"operation_duration_seconds\" is already declared without the bucket 0.3: \
         expected the objective to be declared before the work, or 0.3 among its buckets [0.5, 1.0]"
    );
    Objectives::of(&registry).declare(fast(500)).unwrap();
}

#[test]
fn each_of_as_many_objectives_as_a_registry_may_have_has_its_own_series() {
    let registry = Registry::new();
    let objectives = Objectives::of(&registry);
    let named = |number: u32| Slo::availability(format!("slo_{number}"), 99.0, Work::http_server());
    objectives.declare_all((0..1000).map(named)).unwrap();
    assert_eq!(refusal(&registry, named(1000)), "too many objectives: expected at most 1000");
    objectives.declare(named(999)).unwrap();
    let text = registry.text();
    for line in ["slo_events_total{slo=\"slo_999\"}", "slo_burn_rate{slo=\"slo_999\",window=\"3d\"}"] {
        assert!(text.contains(line), "{line}");
    }
    let pairs = |pairs: u64| {
        let lengths = (1..=pairs).map(|at| window(MINUTE * 60, ms(at * 1000), 14.4));
        orders(99.0).windows(lengths)
    };
    assert_declared(pairs(10));
    assert_refused(pairs(11), "too many pairs of windows: expected at most 10");
}

#[test]
fn a_registry_with_other_metrics_of_these_names_refuses_objectives() {
    let registry = Registry::new();
    registry.gauge("slo_burn_rate", "Mine.").build().unwrap();
    let refused: SloError = Objectives::of(&registry).declare(orders(99.0)).unwrap_err();
    let text = refused.to_string();
    assert!(text.starts_with("invalid objective \"orders\": metric \"slo_burn_rate\""), "{text}");
    assert_eq!(Objectives::of(&registry).slos(), []);
}

#[test]
fn queues_and_operations_of_their_own_names_take_thresholds_of_their_own() {
    let registry = Registry::new();
    let objectives = Objectives::of(&registry);
    objectives.declare(Slo::latency("wait", 99.0, Work::queue("mail"), ms(300))).unwrap();
    objectives.declare(Slo::latency("index", 99.0, Work::operation("index"), ms(30))).unwrap();
    let own = Buckets::from_static(&[0.1, 1.0]);
    let mail = Queue::builder("mail").registry(&registry).buckets(own.clone()).build().unwrap();
    assert_eq!(buckets(&registry, mail.signals()), [0.1, 0.3, 1.0]);
    let operation = |name: &'static str| {
        let names = OperationNames::per_operation();
        let builder = Operation::builder(name).registry(&registry).names(names);
        builder.buckets(own.clone()).build().unwrap()
    };
    assert_eq!(buckets(&registry, operation("index").signals()), [0.03, 0.1, 1.0]);
    assert_eq!(buckets(&registry, operation("search").signals()), [0.1, 1.0]);
}

#[test]
fn one_of_several_works_with_the_label_is_enough() {
    let registry = Registry::new();
    let jobs = registry.counter("jobs_total", "Jobs.").labels(&["tenant"]).unwrap();
    let tasks = registry.counter("tasks_total", "Tasks.").build().unwrap();
    drop((jobs, tasks));
    let objectives = Objectives::of(&registry);
    let by_tenant = |name: &str| Slo::availability(name, 99.0, Work::of_kind("job").label("tenant", "a"));
    let declare = |name: &str, metric: &str| {
        let series = Series::of(&registry, metric, Kind::Counter);
        GoldenSignals::new("job", name).with_traffic(series.clone()).with_errors(series).declare(&registry);
    };
    declare("a", "tasks_total");
    assert_eq!(
        refusal(&registry, by_tenant("one")),
        "metric \"tasks_total\" has no label \"tenant\": expected one of []"
    );
    declare("b", "jobs_total");
    objectives.declare(by_tenant("two")).unwrap();
    assert_eq!(objectives.problems(), []);
}

#[test]
fn items_are_values_of_a_label_that_the_metrics_have() {
    let registry = Registry::new();
    registry.counter("jobs_total", "Jobs.").labels(&["tenant"]).unwrap();
    let series = Series::of(&registry, "jobs_total", Kind::Counter);
    let signals = GoldenSignals::new("job", "a").with_traffic(series.clone()).with_errors(series);
    signals.with_item_label("step").declare(&registry);
    assert_eq!(
        refusal(&registry, Slo::availability("a", 99.0, Work::job("a").item("load"))),
        "metric \"jobs_total\" has no label \"step\": expected one of [\"tenant\"]"
    );
}

/// The number between two parts of a text.
fn number_after(text: &str, before: &str, after: &str) -> f64 {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).map_or(rest, |(number, _)| number).parse().unwrap()
}

proptest! {
    /// A page is refused if its factor times the budget is 100 % or more, and what the refusal suggests is accepted.
    #[test]
    fn what_a_refused_page_suggests_is_accepted(target in 2.0_f64..99.99, factor in 0.1_f64..2000.0) {
        let page = |target, factor| orders(target).windows([window(MINUTE, MINUTE, factor)]);
        let declare = |slo| Objectives::of(&Registry::new()).declare(slo);
        let share = factor * (100.0 - target) / 100.0;
        prop_assume!((share - 1.0).abs() > 1e-6);
        let Err(refused) = declare(page(target, factor)) else {
            prop_assert!(share < 1.0);
            return Ok(());
        };
        prop_assert!(share > 1.0);
        let text = refused.to_string();
        let above = number_after(&text, "a target above ", " %");
        let below = number_after(&text, "a factor below ", "\n");
        prop_assert!(declare(page(above + 1e-6, factor)).is_ok(), "{}", text);
        prop_assert!(declare(page(target, below - 1e-6)).is_ok(), "{}", text);
    }

    /// A budget is refused if it is less than one event, and what the refusal suggests is accepted.
    #[test]
    fn what_a_refused_budget_suggests_is_accepted(target in 2.0_f64..99.99, events in 1.1_f64..5000.0) {
        let per_second = events / DAY.as_secs_f64();
        let slo = |target| orders(target).period(DAY).windows([]).expected_traffic(per_second);
        let declare = |slo| Objectives::of(&Registry::new()).declare(slo);
        let bad = events * (100.0 - target) / 100.0;
        prop_assume!((bad - 1.0).abs() > 1e-6);
        let Err(refused) = declare(slo(target)) else {
            prop_assert!(bad > 1.0);
            return Ok(());
        };
        prop_assert!(bad < 1.0);
        let text = refused.to_string();
        if text.contains("a target up to ") {
            prop_assert!(declare(slo(number_after(&text, "a target up to ", " %"))).is_ok(), "{}", text);
        }
    }
}
