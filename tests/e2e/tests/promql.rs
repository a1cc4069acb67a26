//! PromQL that a monitoring guide writes about services, word for word, asked of a real Prometheus that scrapes the shop.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::time::Duration;

use e2e::{Example, Prometheus, ScrapeJob, wait_for};

const SOON: Duration = Duration::from_secs(60);

/// By service: requests a second, errors in percent, the slowest of twenty.
const QUERIES: [&str; 3] = [
    "sum(rate(http_requests_total[5m])) by (service)",
    r#"100 * (
  sum(rate(http_requests_total{status=~"5.."}[5m])) by (service) /
  sum(rate(http_requests_total[5m])) by (service)
)"#,
    r"histogram_quantile(0.95,
  sum(rate(http_request_duration_seconds_bucket[5m])) by (le, service)
)",
];

#[test]
fn what_is_asked_by_service_is_answered_for_each_service() {
    let Some(prometheus) = Prometheus::start() else { return };
    let shop = Example::start("shop", &["--base-port", "0"], &[]);
    let address = |service| shop.says(&format!("{service}: http://")).split_once(',').unwrap().0.to_owned();
    let job = ScrapeJob::new("the-shop", address("gateway")).target(address("orders"));
    prometheus.scrape(&job);
    for query in QUERIES {
        let by_service = wait_for(query, SOON, || {
            let mut found: Vec<_> = prometheus
                .query(query)?
                .into_iter()
                .filter(|sample| sample.value > 0.0)
                .map(|sample| sample.label("service").to_owned())
                .collect();
            found.sort();
            if found.len() < 2 { Err(format!("{found:?}").into()) } else { Ok(found) }
        });
        assert_eq!(by_service, ["gateway", "orders"], "{query}");
    }
}
