//! The payment provider does not answer for a while: an alert fires, and is resolved.

use std::time::Duration;

use serde_json::Value;

use crate::process::Shop;

/// Sends orders until an alert of the gateway has a line with this state.
fn order_until(shop: &Shop, token: &str, state: &str) -> Value {
    let is_meant = |line: &Value| line["module"] == "radiosonde::alert" && line["metadata"]["state"] == state;
    // About a minute.
    for _ in 0..1500 {
        shop.order(token, "");
        while let Some(line) = shop.line_within(Duration::from_millis(5)) {
            if is_meant(&line) {
                return line;
            }
        }
    }
    panic!("no alert is {state}");
}

#[test]
fn an_alert_fires_while_orders_fail_and_is_resolved_after_that() {
    let shop = Shop::start();
    assert!(shop.order("tok_1", "").starts_with("HTTP/1.1 201"));
    let fired = order_until(&shop, "tok_offline", "firing");
    let resolved = order_until(&shop, "tok_1", "resolved");
    for line in [&fired, &resolved] {
        assert_eq!(
            (&line["service"], &line["metadata"]["slo"]),
            (&"gateway".into(), &"orders_available".into()),
            "{line}"
        );
    }
    let metrics = shop.metrics();
    let is_bad =
        |line: &&str| line.starts_with("slo_bad_events_total{") && line.contains("\"orders_available\"");
    let bad: f64 =
        metrics.lines().find(is_bad).expect("it is counted").rsplit_once(' ').unwrap().1.parse().unwrap();
    assert!(bad >= 5.0, "{bad}");
    shop.end();
}
