//! Generated dashboards: each query is run by the real Prometheus and the real Loki on the running shop, and returns data.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a helper cannot do fails its test")]

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use e2e::{Example, Loki, Prometheus, ScrapeJob, stack_folder, wait_for};
use radiosonde_ops::{Catalogue, Generator};
use serde_json::Value;

const ROLES: [&str; 3] = ["gateway", "orders", "payments"];
const SOON: Duration = Duration::from_secs(75);

/// Queries without data: the start of the dashboard's uid, a metric, and the reason.
const EMPTY: [(&str, &str, &str); 5] = [
    ("", "radiosonde_delivery_dropped_total", "nothing was dropped"),
    ("payments", "system_health_score", "no checks, no components"),
    ("orders-database", "database_repeated_queries_total", "no request repeats a query"),
    ("payments", "http_client_request", "payments calls nothing over HTTP"),
    ("payments", "health_check_status", "payments has no checks"),
];

/// A query of a panel or of a variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Query {
    place: String,
    text: String,
    is_of_lines: bool,
}

/// The dashboards of the shop's services, from what they declare.
fn dashboards() -> Vec<Value> {
    let ops = stack_folder().join("../shop/ops");
    let of_role = |role: &str| {
        let catalogue = fs::read_to_string(ops.join(role).join("catalogue.json")).unwrap();
        let generator = Generator::new(role, Catalogue::from_json(&catalogue).unwrap());
        let all = generator.matching("service", role).dashboards();
        all.iter().map(|dashboard| serde_json::from_str(&dashboard.to_json()).unwrap()).collect::<Vec<_>>()
    };
    ROLES.into_iter().flat_map(of_role).collect()
}

/// The queries as Grafana sends them while all values of a variable are selected.
fn queries(dashboard: &Value) -> Vec<Query> {
    let uid = dashboard["uid"].as_str().unwrap();
    let list = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
    let variables = list(&dashboard["templating"], "list").into_iter().filter(|one| one["type"] == "query");
    let variables = variables.map(|variable| {
        let query = variable["query"]["query"].as_str().unwrap();
        let (series, label) = query.strip_prefix("label_values(").unwrap().rsplit_once(", ").unwrap();
        let text = format!("group by ({}) ({series})", label.trim_end_matches(')'));
        Query { place: format!("{uid}: variable {}", variable["name"]), text, is_of_lines: false }
    });
    let panels = list(dashboard, "panels").into_iter().flat_map(|panel| {
        let place = format!("{uid}: {}", panel["title"]);
        list(&panel, "targets").into_iter().map(move |target| {
            let text = target["expr"].as_str().unwrap();
            let text = text.replace("$__rate_interval", "15s").replace("$instance", ".*");
            let text = text.replace("$endpoint", ".*");
            assert!(!text.contains('$'), "{text}");
            Query { place: place.clone(), text, is_of_lines: target["datasource"]["type"] == "loki" }
        })
    });
    variables.chain(panels).collect()
}

#[test]
fn each_query_of_each_dashboard_of_the_shop_returns_data() {
    let Some(prometheus) = Prometheus::start() else { return };
    let Some(loki) = Loki::start() else { return };
    let shop = Example::start("shop", &["--base-port", "0"], &[("RADIOSONDE_LOKI_URL", loki.url())]);
    for role in ROLES {
        let address = shop.says(&format!("{role}: http://"));
        let address = address.split_once(',').unwrap().0;
        prometheus.scrape(&ScrapeJob::new(role, address));
        // Checks run when they are asked for, also before the service is ready.
        let _ = ureq::get(format!("http://{address}/readyz")).call();
    }
    let all: BTreeSet<Query> = dashboards().iter().flat_map(queries).collect();
    assert!(all.len() > 150, "{}", all.len());
    let is_empty = |query: &Query| {
        EMPTY.iter().any(|(uid, metric, _)| query.place.starts_with(uid) && query.text.contains(metric))
    };
    let (empty, mut missing): (Vec<_>, Vec<_>) = all.iter().partition(|query| is_empty(query));
    let count = missing.len();

    wait_for("data of every query", SOON, || {
        let mut without = Vec::new();
        for query in missing.drain(..) {
            let found = if query.is_of_lines {
                !loki.query(&query.text)?.is_empty()
            } else {
                prometheus.query(&query.text)?.iter().any(|sample| !sample.value.is_nan())
            };
            if !found {
                without.push(query);
            }
        }
        missing = without;
        if missing.is_empty() { Ok(()) } else { Err(format!("of {count}: {missing:#?}").into()) }
    });
    // These are at least accepted.
    for query in empty {
        let found = prometheus.query(&query.text).unwrap_or_else(|error| panic!("{query:?}: {error}"));
        let is_data = found.iter().any(|sample| !sample.value.is_nan());
        assert!(!is_data, "it returns data, so it is no exception: {query:?}");
    }
    let lines = all.iter().filter(|query| query.is_of_lines).count();
    eprintln!("{count} queries returned data, {lines} of them lines; {} are exceptions", all.len() - count);
    assert!(shop.end().status.success());
}
