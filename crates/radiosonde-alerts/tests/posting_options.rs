//! Options from a configuration file.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use radiosonde_alerts::{Alert, AlertHandler as _, AlertmanagerOptions, Severity};
use radiosonde_core::Clock as _;
use radiosonde_delivery::Delivery;
use radiosonde_metrics::Registry;
use radiosonde_testkit::{HttpFake, ManualClock, Reaction};
use serde_json::{Value, json};

#[test]
fn every_setting_is_read_from_a_file() {
    let server = HttpFake::start([Reaction::status(200)]);
    let file = format!(
        r#"
        url = "{}"
        labels = {{ cluster = "eu-1" }}
        generator_url = "https://orders.example/"
        valid_for = "2m"
        [http]
        authorization = {{ bearer = "hunter2" }}
        [sink]
        max_items = 10
        "#,
        server.url()
    );
    let options: AlertmanagerOptions = toml::from_str(&file).unwrap();
    assert!(!format!("{options:?}").contains("hunter2"));
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let alertmanager = options.clock(Arc::new(ManualClock::new())).build(&delivery).unwrap();
    alertmanager.handle(&Alert::new("Down", Severity::Critical, ManualClock::new().now()));
    delivery.shutdown_blocking(Duration::from_secs(20));
    let body: Value = serde_json::from_slice(server.requests()[0].body()).unwrap();
    let sent = &body[0];
    assert_eq!(
        (&sent["labels"]["cluster"], &sent["generatorURL"]),
        (&json!("eu-1"), &json!("https://orders.example/"))
    );
    assert_eq!(sent["endsAt"], "2026-01-01T00:02:00.000Z");
}
