//! Objectives as they are evaluated: counts, burn rates, budgets and metrics.

use std::time::Duration;

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Counter, DynFamily, Registry};
use radiosonde_signals::{BurnWindow, Objectives, Operation, Series, Severity, Slo, SloStatus, Work};
use radiosonde_testkit::ManualClock;

const MINUTE: Duration = Duration::from_secs(60);

/// Orders that succeed or fail, with an objective for them.
struct Orders {
    registry: Registry,
    clock: ManualClock,
    objectives: Objectives,
    orders: DynFamily<Counter>,
}

/// 14.4 in 10 min and 1 min, for a period of 1 h.
const PAGE: BurnWindow =
    BurnWindow { long: Duration::from_secs(600), short: MINUTE, factor: 14.4, severity: Severity::Critical };

fn orders_slo(registry: &Registry) -> Slo {
    let total = Series::of(registry, "orders_total", Kind::Counter);
    let bad = total.clone().with("result", "failed");
    Slo::correctness("orders", 99.0, bad, total).period(60 * MINUTE).windows([PAGE])
}

impl Orders {
    fn new() -> Self {
        let registry = Registry::new();
        let orders = registry.counter("orders_total", "Orders.").labels(&["result"]).unwrap();
        let objectives = Objectives::of(&registry);
        objectives.declare(orders_slo(&registry)).unwrap();
        Self { clock: ManualClock::new(), objectives, orders, registry }
    }

    /// Counts these, and evaluates a while later.
    fn run(&self, good: u64, bad: u64, after: Duration) -> SloStatus {
        self.orders.with(&["done"]).inc_by(good);
        self.orders.with(&["failed"]).inc_by(bad);
        self.clock.advance(after);
        self.objectives.evaluate(&self.clock);
        self.objectives.status("orders").unwrap()
    }
}

fn assert_near(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-9, "{value}, expected {expected}");
}

#[test]
fn the_budget_burns_by_the_share_of_bad_events_in_each_window() {
    let orders = Orders::new();
    orders.run(900, 0, MINUTE);
    let status = orders.run(70, 30, MINUTE);
    let [short, long] = &status.windows[..] else { panic!("{status:?}") };
    assert_eq!((short.window, long.window), (PAGE.short, PAGE.long));
    assert_near(short.burn_rate, 0.3 / 0.01);
    assert_near(long.burn_rate, 0.03 / 0.01);
    assert_near(status.budget_remaining, 1.0 - 30.0 / 10.0);
    assert_eq!((status.period.total, status.period.bad, status.observed), (1000.0, 30.0, MINUTE));
    assert_eq!(status.burning, []);
    let status = orders.run(0, 900, MINUTE);
    assert_eq!(status.burning, [PAGE]);
    let text = orders.registry.text();
    for line in [
        "slo_burn_rate{slo=\"orders\",window=\"1m\"} 100\n",
        "slo_burn_rate{slo=\"orders\",window=\"10m\"} 48.9473",
        "slo_error_budget_remaining{slo=\"orders\"} -47.9473",
        "slo_objective_ratio{slo=\"orders\"} 0.51052",
        "slo_events_total{slo=\"orders\"} 1900\n",
        "slo_bad_events_total{slo=\"orders\"} 930\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[test]
fn work_that_is_declared_after_its_objective_counts_from_its_beginning() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let objectives = Objectives::of(&registry);
    objectives.declare(Slo::availability("price", 99.0, Work::operation("price_order"))).unwrap();
    objectives.evaluate(&clock);
    let price = Operation::builder("price_order").registry(&registry).build().unwrap();
    let _ = price.run(|| "1".parse::<u32>());
    let _ = price.run(|| "many".parse::<u32>());
    objectives.evaluate(&clock);
    let status = objectives.status("price").unwrap();
    assert_eq!((status.period.total, status.period.bad), (2.0, 1.0));
}
