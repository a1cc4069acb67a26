//! The queries of alerts: those that a program declares, and the standard ones.
#![cfg(feature = "alerts")]
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::time::Duration;

use radiosonde_alerts::{AlertRule, Condition, Severity, Value};
use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_ops::{Catalogue, Generator, Rule, standard_alerts};
use radiosonde_signals::{Cache, Database, Objectives, Operation, PoolState, Series, Slo, Work};

const WINDOW: Duration = Duration::from_secs(300);

/// The alerts of a generator: name, severity and query.
fn alerts(generator: &Generator) -> Vec<(String, String, String)> {
    let rules = generator.rules().unwrap().groups.into_iter().flat_map(|group| group.rules);
    let alerts = rules.filter_map(|rule| match rule {
        Rule::Alert { alert, expr, mut labels, .. } => {
            Some((alert, labels.remove("severity").unwrap(), expr))
        }
        Rule::Recording { .. } => None,
    });
    alerts.collect()
}

#[test]
fn each_condition_of_a_rule_has_its_query() {
    let registry = Registry::new();
    let slo = Slo::availability("orders", 99.0, Work::operation("place")).windows([]);
    Objectives::of(&registry).declare(slo).unwrap();
    Operation::in_registry(&registry, "place").unwrap();
    let of = |metric, kind| Series::of(&registry, metric, kind);
    let (gauge, counter) = (|| of("g", Kind::Gauge), || of("c_total", Kind::Counter));
    let share = Value::share(gauge().with("state", "off"), gauge());
    let ratio = Value::ratio(counter().with("state", "bad"), counter(), WINDOW);
    let quantile = || Value::quantile(0.9, of("h_seconds", Kind::Histogram), WINDOW);
    let cases = [
        (Condition::above(Value::sum(gauge()), 1.0), "sum(g) > 1"),
        (Condition::above(Value::highest(gauge()), 1.5), "max(g) > 1.5"),
        (Condition::below(Value::lowest(gauge()), 1.0), "min(g) < 1"),
        (Condition::above(Value::sum(gauge()).by("site"), 1.0), "sum by (site) (g) > 1"),
        (Condition::above(share, 0.2), "sum(g{state=\"off\"}) / (sum(g) > 0) > 0.2"),
        (Condition::above(Value::age(gauge()), 60.0), "max(time() - (g > 0)) > 60"),
        (Condition::above(Value::increase(counter(), WINDOW), 0.0), "sum(increase(c_total[5m])) > 0"),
        (
            Condition::below(Value::rate(counter(), WINDOW), 10.0),
            "sum(rate(c_total[5m])) < 10\nor\n0 * max(absent(c_total))",
        ),
        (
            Condition::above(ratio, 0.05),
            "(sum(increase(c_total{state=\"bad\"}[5m])) or 0 * sum(increase(c_total[5m]))) / (sum(increase(c_total[5m])) > 0) > 0.05",
        ),
        (
            Condition::above(quantile(), 1.0),
            "histogram_quantile(0.9, sum by (le) (rate(h_seconds_bucket[5m]))) > 1",
        ),
        (
            Condition::above(quantile().by("route"), 1.0),
            "histogram_quantile(0.9, sum by (le, route) (rate(h_seconds_bucket[5m]))) > 1",
        ),
        (Condition::absent(gauge()), "max(absent(g))"),
        (
            Condition::budget_below("orders", 0.5),
            "max(slo:error_budget_remaining:ratio{slo=\"orders\"}) < 0.5",
        ),
    ];
    for (condition, expected) in cases {
        let catalogue = Catalogue::of(&registry).with_alerts(&registry, [AlertRule::new("A", condition)]);
        let generator = Generator::new("shop", catalogue).without_standard_alerts();
        let found = alerts(&generator).into_iter().find(|(name, ..)| name == "A").unwrap();
        assert_eq!((found.1.as_str(), found.2.as_str()), ("warning", expected));
    }
}

#[test]
fn a_rule_that_only_the_program_can_evaluate_is_on_the_page_and_no_rule() {
    let registry = Registry::new();
    let rules = [
        AlertRule::new("Function", Condition::when(|_| None)),
        AlertRule::new("Unusual", Condition::anomalous("depth")),
    ];
    let generator = Generator::new("shop", Catalogue::of(&registry).with_alerts(&registry, rules));
    assert!(alerts(&generator.clone().without_standard_alerts()).is_empty());
    let page = generator.artifacts().unwrap();
    let page = page.file("METRICS.md").unwrap();
    assert!(
        page.contains("| `Function` | warning | | | Raised by the program only: it is a function. |"),
        "{page}"
    );
    assert!(page.contains("the anomaly detector \"depth\" learns in the process"), "{page}");
}

#[test]
fn standard_alerts_are_about_the_work_that_a_program_has() {
    let registry = Registry::new();
    Cache::builder("prices").registry(&registry).build().unwrap();
    let names = |registry: &Registry| {
        let alerts = standard_alerts(&Catalogue::of(registry)).into_iter();
        alerts
            .map(|alert| format!("{} {}", alert.name, alert.labels.get("kind").map_or("", String::as_str)))
            .collect::<Vec<_>>()
    };
    // A cache that misses has not failed.
    assert!(!names(&registry).iter().any(|name| name.starts_with("HighErrorRate")), "{:?}", names(&registry));
    let pool = || PoolState { max: 10, ..PoolState::default() };
    Database::builder("orders").registry(&registry).pool(pool).build().unwrap();
    let names = names(&registry);
    for expected in ["HighErrorRate database", "DatabaseConnectionsHigh ", "DatabaseConnectionPoolExhausted "]
    {
        assert!(names.iter().any(|name| name == expected), "{expected}: {names:?}");
    }
    // A full pool is one fault, and not that of a resource beside it.
    assert!(!names.iter().any(|name| name == "SaturationHigh database_pool"), "{names:?}");
}

#[test]
fn a_rule_replaces_the_standard_one_of_its_name_and_severity() {
    let registry = Registry::new();
    Operation::in_registry(&registry, "place").unwrap();
    let ratio = Value::error_ratio(Work::operation("place"), WINDOW);
    let own = AlertRule::new("HighErrorRate", Condition::above(ratio, 0.5));
    let of = |rule: AlertRule| {
        let catalogue = Catalogue::of(&registry).with_alerts(&registry, [rule]);
        let all = alerts(&Generator::new("shop", catalogue));
        all.into_iter()
            .filter(|(name, ..)| name == "HighErrorRate")
            .map(|(_, severity, _)| severity)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(own.clone().severity(Severity::Critical)), ["critical"]);
    assert_eq!(of(own.severity(Severity::Warning)), ["warning", "critical"]);
}
