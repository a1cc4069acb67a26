//! An alert of the shop in a real Alertmanager: it appears while orders fail, and is resolved after that.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::collections::BTreeMap;
use std::time::Duration;

use e2e::{Alertmanager, Example, wait_for};
use serde_json::json;

const SOON: Duration = Duration::from_secs(45);

/// Sends an order to the gateway at this address.
fn order(gateway: &str, token: &str) {
    let order = json!({"user": "ada", "article": "balloon", "quantity": 2, "method": "card", "token": token});
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    agent.post(format!("http://{gateway}/orders")).send_json(order).unwrap();
}

#[test]
fn an_alert_of_the_shop_appears_in_alertmanager_and_is_resolved() {
    let Some(alertmanager) = Alertmanager::start() else { return };
    let variables = [("RADIOSONDE_ALERTMANAGER_URL", alertmanager.url())];
    let shop = Example::start("shop", &["--base-port", "0", "--no-traffic"], &variables);
    let gateway = shop.says("gateway: http://").split_once(',').unwrap().0.to_owned();

    let is_meant = |labels: &BTreeMap<String, String>| {
        labels.get("slo").is_some_and(|slo| slo == "orders_available")
            && labels.get("service").is_some_and(|service| service == "gateway")
    };
    let labels = wait_for("the alert", SOON, || {
        order(&gateway, "tok_offline");
        Ok(alertmanager.alerts()?.into_iter().find(is_meant).ok_or("no alert")?)
    });
    assert_eq!(labels["severity"], "critical", "{labels:?}");
    assert_eq!(labels["owner"], "shop", "{labels:?}");

    wait_for("the alert to be resolved", SOON, || {
        order(&gateway, "tok_1");
        let alerts = alertmanager.alerts()?;
        if alerts.iter().any(is_meant) { Err(format!("{alerts:?}").into()) } else { Ok(()) }
    });
    let ended = shop.end();
    assert!(ended.status.success(), "{}", ended.stderr);
    let report = ended.stderr.lines().find(|line| line.starts_with("gateway: alertmanager: ")).unwrap();
    assert!(report.ends_with(" 0 dropped, 0 left"), "{report}");
    assert_eq!(alertmanager.process().complaints(), Vec::<String>::new());
}
