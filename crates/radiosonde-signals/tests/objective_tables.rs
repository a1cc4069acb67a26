//! Tables with the columns target, warning and critical, as in monitoring guides: corrected, and as they stand there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_signals::{
    Bound, BurnWindow, Indicator, ObjectiveTable, Objectives, Series, Severity, Slo, SloError, Work,
};

fn ms(millis: [u64; 3]) -> [Duration; 3] {
    millis.map(Duration::from_millis)
}

fn gauge(name: &str) -> Series {
    Series::of(&Registry::new(), name, Kind::Gauge)
}

fn records() -> Series {
    Series::of(&Registry::new(), "data_records_processed_total", Kind::Counter)
}

fn declare(table: &ObjectiveTable) -> Result<Vec<Slo>, SloError> {
    let objectives = Objectives::of(&Registry::new());
    objectives.declare_all(table.slos()?)?;
    Ok(objectives.slos())
}

#[track_caller]
fn assert_refused(table: &ObjectiveTable, text: &str) {
    assert_eq!(declare(table).unwrap_err().to_string(), text);
}

fn names(slos: &[Slo]) -> Vec<&str> {
    slos.iter().map(Slo::name).collect()
}

fn gateway() -> ObjectiveTable {
    ObjectiveTable::new("gateway")
        .availability("availability", Work::http_server(), [99.99, 99.95, 99.9])
        .latency("p50", Work::http_server(), 50.0, ms([20, 30, 50]))
        .latency("p95", Work::http_server(), 95.0, ms([50, 75, 100]))
        .latency("p99", Work::http_server(), 99.0, ms([100, 150, 200]))
}

fn auth() -> ObjectiveTable {
    ObjectiveTable::new("auth")
        .availability("availability", Work::http_server(), [99.95, 99.9, 99.5])
        .latency("p95", Work::http_server(), 95.0, ms([100, 150, 200]))
        .latency("token_validation", Work::operation("validate_token"), 95.0, ms([10, 20, 30]))
}

fn data_processor() -> ObjectiveTable {
    ObjectiveTable::new("processor")
        .throughput("rate", records(), [50_000.0, 40_000.0, 30_000.0])
        .at_most("lag", gauge("data_lag_seconds"), [60.0, 300.0, 600.0])
        .error_ratio("errors", Work::data_pipeline("records"), [0.5, 1.0, 2.0])
        .at_most("dead_letters", gauge("dead_letters"), [0.0, 100.0, 1000.0])
}

fn business_logic() -> ObjectiveTable {
    ObjectiveTable::new("logic")
        .availability("availability", Work::http_server(), [99.9, 99.5, 99.0])
        .latency("p95", Work::http_server(), 95.0, ms([200, 300, 500]))
        .latency("query", Work::database("orders"), 95.0, ms([20, 50, 100]))
}

#[test]
fn the_corrected_tables_of_four_services_are_accepted() {
    for (table, rows) in [(gateway(), 4), (auth(), 3), (data_processor(), 4), (business_logic(), 3)] {
        assert_eq!(declare(&table).unwrap().len(), rows * 3);
    }
    // An error ratio that is the same as the availability contradicts nothing.
    let both = gateway().error_ratio("errors", Work::http_server(), [0.01, 0.05, 0.1]);
    assert_eq!(declare(&both).unwrap().len(), 15);
}

#[test]
fn an_error_ratio_of_ten_times_the_budget_of_the_availability_is_refused() {
    let errors = |table: ObjectiveTable, percent| table.error_ratio("errors", Work::http_server(), percent);
    assert_refused(
        &errors(gateway(), [0.1, 0.5, 1.0]),
        "invalid objective \"gateway_errors\": availability of http_server is 99.9 %, and 99.99 % in objective \
         \"gateway_availability\": expected one target; an error ratio of 0.1 % is an availability of 99.9 %",
    );
    assert_refused(
        &errors(auth(), [0.5, 1.0, 2.0]),
        "invalid objective \"auth_errors\": availability of http_server is 99.5 %, and 99.95 % in objective \
         \"auth_availability\": expected one target; an error ratio of 0.5 % is an availability of 99.5 %",
    );
    assert_refused(
        &errors(business_logic(), [1.0, 2.0, 5.0]),
        "invalid objective \"logic_errors\": availability of http_server is 99 %, and 99.9 % in objective \
         \"logic_availability\": expected one target; an error ratio of 1 % is an availability of 99 %",
    );
}

#[test]
fn a_monthly_availability_beside_a_looser_error_ratio_is_refused() {
    let pipeline = Work::data_pipeline("records");
    assert_refused(
        &data_processor().availability("monthly", pipeline, [99.9, 99.8, 99.7]),
        "invalid objective \"processor_monthly\": availability of data_pipeline \"records\" is 99.9 %, and 99.5 % in \
         objective \"processor_errors\": expected one target; an error ratio of 0.1 % is an availability of 99.9 %",
    );
}

#[test]
fn rows_whose_targets_contradict_each_other_are_refused() {
    let p95 = |millis| gateway().latency("slow", Work::http_server(), 95.0, ms(millis));
    assert_refused(
        &p95([1000, 2000, 3000]),
        "invalid objective \"gateway_slow\": 95 % within 1s in \"gateway_slow\" always holds if 95 % within 50ms in \
         \"gateway_p95\" does: expected a target above 95 % for the longer threshold, or no objective for it",
    );
}

#[test]
fn levels_are_ordered_from_the_strictest_to_the_loosest() {
    let table = || ObjectiveTable::new("a");
    let server = Work::http_server;
    for (table, levels) in [
        (
            table().availability("b", server(), [99.9, 99.95, 99.0]),
            "target 99.9 %, warning 99.95 %, critical 99 %",
        ),
        (
            table().availability("b", server(), [99.9, 99.9, 99.0]),
            "target 99.9 %, warning 99.9 %, critical 99 %",
        ),
        (table().error_ratio("b", server(), [0.1, 1.0, 0.5]), "target 0.1 %, warning 1 %, critical 0.5 %"),
        (table().latency("b", server(), 95.0, ms([50, 40, 60])), "target 50ms, warning 40ms, critical 60ms"),
        (table().throughput("b", records(), [1.0, 2.0, 3.0]), "target 1, warning 2, critical 3"),
        (table().freshness("b", gauge("c"), ms([1, 3, 3])), "target 1ms, warning 3ms, critical 3ms"),
        (table().at_most("b", gauge("c"), [3.0, 2.0, 1.0]), "target 3, warning 2, critical 1"),
        (table().at_least("b", gauge("c"), [1.0, 2.0, 3.0]), "target 1, warning 2, critical 3"),
        (table().at_least("b", gauge("c"), [1.0, f64::NAN, 0.0]), "target 1, warning NaN, critical 0"),
    ] {
        let text = format!(
            "invalid objective \"a_b\": {levels}: expected each level to be looser than the one before"
        );
        assert_refused(&table, &text);
    }
}

fn level(severity: Severity) -> BurnWindow {
    let length = Duration::from_secs(300);
    BurnWindow { long: length, short: length, factor: 1.0, severity }
}

#[test]
fn a_row_is_three_objectives_of_which_two_alert_for_five_minutes() {
    let slos =
        declare(&ObjectiveTable::new("a").error_ratio("b", Work::http_server(), [0.1, 0.5, 1.0])).unwrap();
    assert_eq!(names(&slos), ["a_b", "a_b_warning", "a_b_critical"]);
    assert_eq!(slos.iter().map(Slo::target).collect::<Vec<_>>(), [99.9, 99.5, 99.0]);
    assert_eq!(slos[0].burn_windows(), BurnWindow::DEFAULT);
    assert_eq!(slos[1].burn_windows(), [level(Severity::Warning)]);
    assert_eq!(slos[2].burn_windows(), [level(Severity::Critical)]);
    assert!(slos.iter().all(|slo| *slo.indicator() == Indicator::Availability(Work::http_server())));
}

#[test]
fn a_percentile_is_the_share_within_the_threshold() {
    let slos = declare(&gateway()).unwrap();
    let p50 = &slos[3..6];
    assert_eq!(names(p50), ["gateway_p50", "gateway_p50_warning", "gateway_p50_critical"]);
    for (slo, threshold) in p50.iter().zip(ms([20, 30, 50])) {
        assert_eq!(*slo.indicator(), Indicator::Latency { work: Work::http_server(), threshold });
        assert_eq!(slo.target(), 50.0);
    }
    // Half of the requests may be slow: only the factor 1 can be exceeded.
    assert_eq!(p50[0].burn_windows(), [BurnWindow::DEFAULT[3]]);
    assert_eq!(slos[6].burn_windows(), BurnWindow::DEFAULT);
}

#[test]
fn rows_about_a_rate_or_a_gauge_hold_for_a_share_of_the_time() {
    let table = || {
        ObjectiveTable::new("a")
            .throughput("rate", records(), [3.0, 2.0, 1.0])
            .freshness("fresh", gauge("b"), ms([1000, 2000, 3000]))
            .at_most("most", gauge("c"), [1.0, 2.0, 3.0])
            .at_least("least", gauge("d"), [3.0, 2.0, 1.0])
    };
    let slos = declare(&table()).unwrap();
    assert!(slos.iter().all(|slo| slo.target() == 95.0));
    assert!(declare(&table().time_percent(99.0)).unwrap().iter().all(|slo| slo.target() == 99.0));
    let indicators: Vec<_> = slos.iter().map(Slo::indicator).collect();
    assert_eq!(*indicators[1], Indicator::Throughput { events: records(), at_least: 2.0 });
    let fresh = Indicator::Freshness { timestamp: gauge("b"), at_most: Duration::from_secs(3) };
    assert_eq!(*indicators[5], fresh);
    assert_eq!(*indicators[7], Indicator::Gauge { gauge: gauge("c"), bound: Bound::AtMost(2.0) });
    assert_eq!(*indicators[11], Indicator::Gauge { gauge: gauge("d"), bound: Bound::AtLeast(1.0) });
}

#[test]
fn what_all_rows_have_in_common_is_in_each_objective() {
    let week = Duration::from_secs(7 * 24 * 3600);
    let table = data_processor()
        .period(week)
        .expected_traffic(10.0)
        .owner("team-data")
        .runbook("https://runbooks/data");
    for slo in declare(&table).unwrap() {
        assert_eq!((slo.budget_period(), slo.owned_by()), (week, Some("team-data")));
        assert_eq!(slo.runbook_url(), Some("https://runbooks/data"));
        let is_of_events = slo.name().starts_with("processor_errors");
        assert_eq!(slo.events_per_second(), is_of_events.then_some(10.0));
    }
}

#[test]
fn the_alerts_of_a_row_have_its_name_as_their_label() {
    let slos = declare(&gateway()).unwrap();
    for row in slos.chunks(3) {
        let labels: Vec<_> = row.iter().map(Slo::alert_label).collect();
        assert_eq!(labels, [row[0].name(); 3]);
    }
    assert_eq!(Slo::availability("own", 99.0, Work::http_server()).alert_label(), "own");
}

#[test]
fn windows_longer_than_the_period_of_a_table_are_left_out() {
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    for (period, pairs) in [(24, 3), (23, 2), (6, 2), (1, 1)] {
        let slos = declare(&gateway().period(hours(period))).unwrap();
        assert_eq!(slos[0].burn_windows(), &BurnWindow::DEFAULT[..pairs], "{period}");
        assert_eq!((slos.len(), slos[1].burn_windows().len()), (12, 1));
    }
}

#[test]
fn levels_contradict_no_other_objective() {
    let registry = Registry::new();
    let objectives = Objectives::of(&registry);
    objectives.declare(Slo::availability("own", 99.99, Work::http_server())).unwrap();
    objectives
        .declare(Slo::latency("own_p99", 99.0, Work::http_server(), Duration::from_millis(100)))
        .unwrap();
    objectives.declare_all(gateway().slos().unwrap()).unwrap();
    // Declared again, in reverse.
    let reverse = Objectives::of(&Registry::new());
    reverse.declare_all(gateway().slos().unwrap().into_iter().rev()).unwrap();
    assert_eq!(reverse.slos().len(), 12);
}
