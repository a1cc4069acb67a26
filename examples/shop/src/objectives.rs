//! What customers may expect of each service.

use std::time::Duration;

use radiosonde::Registry;
use radiosonde::metrics::model::Kind;
use radiosonde::signals::{Bound, BurnWindow, Series, Severity, Slo, Work};

use crate::options::Role;

/// An example is watched for a minute. A service leaves `period` and `windows` as they are: 30 days, and from 5 minutes to 3 days.
const PERIOD: Duration = Duration::from_secs(3600);
const WINDOW: BurnWindow = BurnWindow {
    long: Duration::from_secs(20),
    short: Duration::from_secs(5),
    factor: 6.0,
    severity: Severity::Critical,
};

/// Those that the telemetry declares before its layers: each threshold becomes a bucket.
pub(crate) fn of(role: Role) -> Vec<Slo> {
    match role {
        // At the front door, where customers are: a failure behind it is one alert, not three.
        Role::Gateway => vec![
            // Without the traffic to expect, a few failures in the first minute would be more than the budget of what has been.
            watched(Slo::availability("orders_available", 95.0, Work::route("/orders")))
                .expected_traffic(2.5),
            watched(Slo::latency(
                "order_shown_fast",
                90.0,
                Work::route("/orders/{id}"),
                Duration::from_millis(100),
            )),
        ],
        Role::Orders => vec![watched(Slo::latency(
            "queries_fast",
            85.0,
            Work::of_kind("database"),
            Duration::from_millis(200),
        ))],
        Role::Payments => Vec::new(),
    }
}

/// For 90 % of the time, nothing waits for a connection.
pub(crate) fn pool(registry: &Registry) -> Slo {
    let waiting = Series::of(registry, "database_connections_waiting", Kind::Gauge);
    watched(Slo::gauge("pool_has_room", 90.0, waiting, Bound::AtMost(0.0)))
}

fn watched(slo: Slo) -> Slo {
    slo.period(PERIOD).windows([WINDOW]).owner("shop").runbook("https://runbooks.example/shop")
}
