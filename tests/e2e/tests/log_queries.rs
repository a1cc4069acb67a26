//! The generated page of queries: each is run by the real Loki and the real Prometheus on what the shop logs and measures, and returns data.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a helper cannot do fails its test")]

use std::time::Duration;

use e2e::{Example, LogEntry, Loki, Prometheus, ScrapeJob, wait_for};
use radiosonde::ops::{Catalogue, Generator};
use radiosonde_metrics::Registry;
use radiosonde_signals::{Database, Objectives, Operation, PoolState, Slo, Work};
use radiosonde_tower::{ClientLayer, ServerLayer};
use serde_json::json;

const SOON: Duration = Duration::from_secs(60);

/// The page of one of the shop's services, which declares what the service has.
fn page(service: &str, by_service_label: bool) -> String {
    let registry = Registry::new();
    let slow = Duration::from_millis(200);
    Objectives::of(&registry).declare_all([Slo::latency("fast", 99.0, Work::http_server(), slow)]).unwrap();
    ServerLayer::builder().registry(&registry).build().unwrap();
    ClientLayer::builder().registry(&registry).build().unwrap();
    let _price = Operation::in_registry(&registry, "price_order").unwrap();
    let pool = PoolState::default;
    let _database = Database::builder("orders").pool(pool).registry(&registry).build().unwrap();
    let generator = Generator::new(service, Catalogue::of(&registry));
    let generator = if by_service_label { generator.matching("service", service) } else { generator };
    generator.queries()
}

fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    page.split(&start).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

struct Shop {
    example: Example,
    gateway: String,
}

impl Shop {
    fn start(loki: Option<&Loki>) -> Self {
        let variables = loki.map(|loki| ("RADIOSONDE_LOKI_URL", loki.url()));
        let example = Example::start("shop", &["--base-port", "0", "--no-traffic"], variables.as_slice());
        let gateway = example.says("gateway: http://").split_once(',').unwrap().0.to_owned();
        Self { example, gateway }
    }

    fn order(&self, token: &str) -> u16 {
        let order =
            json!({"user": "ada", "article": "balloon", "quantity": 2, "method": "card", "token": token});
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let answer = agent.post(format!("http://{}/orders", self.gateway)).send_json(order);
        answer.unwrap().status().as_u16()
    }
}

#[test]
fn each_query_of_lines_returns_those_of_the_shop() {
    let Some(loki) = Loki::start() else { return };
    let shop = Shop::start(Some(&loki));
    // Good, failing and slow.
    assert_eq!(["tok_1", "tok_offline", "tok_slow"].map(|token| shop.order(token)), [201, 502, 201]);
    let failed = wait_for("the line of the order that failed", SOON, || {
        let lines =
            loki.query(r#"{service_name="gateway"} |= "radiosonde::access" | json | status = 502"#)?;
        Ok(lines.into_iter().next().ok_or("no line")?)
    });
    assert!(shop.example.end().status.success());

    for by_service_label in [false, true] {
        let page = page("gateway", by_service_label);
        let queries = blocks(&page, "logql");
        assert!(queries.len() > 20, "{page}");
        let selector =
            if by_service_label { r#"{service="gateway"}"# } else { r#"{service_name="gateway"}"# };
        assert_eq!(queries[0], selector);
        for query in queries {
            let query = filled_in(query, &failed);
            let found = wait_for(&query, SOON, || {
                let found = if query.starts_with('{') {
                    loki.query(&query)?.len()
                } else {
                    loki.query_numbers(&query)?.iter().filter(|sample| sample.value > 0.0).count()
                };
                if found > 0 { Ok(found) } else { Err("nothing".into()) }
            });
            let expected = if query.contains("duration_ms > 200") { 1..=1 } else { 1..=usize::MAX };
            assert!(expected.contains(&found), "{query}: {found}");
        }
    }
}

/// A query with values of this line in place of the words in capitals.
fn filled_in(query: &str, line: &LogEntry) -> String {
    let id = |name| line.structured_metadata.get(name).unwrap_or_else(|| panic!("no {name} in {line:?}"));
    query
        .replace("CORRELATION_ID", id("correlation_id"))
        .replace("REQUEST_ID", id("request_id"))
        .replace("TRACE_ID", id("trace_id"))
        .replace("MESSAGE", "order received")
}

#[test]
fn each_query_of_metrics_returns_those_of_the_shop() {
    let Some(prometheus) = Prometheus::start() else { return };
    let shop = Shop::start(None);
    let orders = shop.example.says("orders: http://").split_once(',').unwrap().0.to_owned();
    prometheus.scrape(&ScrapeJob::new("orders", &orders));
    prometheus.wait_until_up("orders", SOON);
    let page = page("orders", true);
    let queries = blocks(&page, "promql");
    assert!(queries.len() > 12, "{page}");
    for query in queries {
        let value = wait_for(query, SOON, || {
            shop.order("tok_offline");
            Ok(prometheus.value(query)?.filter(|value| !value.is_nan()).ok_or("no value")?)
        });
        // Nothing of a price fails, and an order comes when the last one has given its connection back.
        let may_be_none = query.contains(" / ");
        assert!(value > 0.0 || may_be_none && value == 0.0, "{query}: {value}");
    }
}
