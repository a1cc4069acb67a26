//! Options from a configuration file.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use radiosonde_core::{Level, Resource};
use radiosonde_delivery::Delivery;
use radiosonde_log::{Line, LineSink};
use radiosonde_loki::{LokiBuildError, LokiOptions};
use radiosonde_metrics::Registry;
use radiosonde_testkit::HttpFake;

#[test]
fn every_setting_is_read_and_secrets_are_not_printed() {
    let fake = HttpFake::start([]);
    let file = format!(
        r#"
        url = "{}"
        tenant = "shop"
        labels = {{ team = "pricing" }}
        structured_metadata = false
        max_line_bytes = 1000
        overflow = "drop_oldest,error=block:50ms"
        [http]
        headers = {{ X-Gate = "hunter2" }}
        authorization = {{ basic = {{ user = "ada", password = "hunter2" }} }}
        tls = {{ ca = "/not/read/for/http.pem" }}
        [sink]
        max_items = 10
        batch_items = 2
        batch_age = "0s"
        timeout = "5s"
        retry = {{ base = "1ms", cap = "2ms", max_attempts = 2, max_age = "1m" }}
        "#,
        fake.url()
    );
    let options: LokiOptions = toml::from_str(&file).unwrap();
    let shown = format!("{options:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    for setting in ["50ms", "max_items: Some(10)", "batch_age: Some(0ns)", "base: 1ms", "max_age: 60s"] {
        assert!(shown.contains(setting), "{setting} in {shown}");
    }

    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let sink = options.build(&Resource::new("orders"), &delivery).unwrap();
    sink.accept(&Line::new("{}", SystemTime::UNIX_EPOCH, Level::Info));
    sink.accept(&Line::new(&"x".repeat(1001), SystemTime::UNIX_EPOCH, Level::Info));
    let report = delivery.shutdown_blocking(Duration::from_secs(20));
    assert_eq!(report.to_string(), "loki: 2 produced, 1 delivered, 1 dropped (line_too_long 1), 0 left");
    let request = &fake.requests()[0];
    let sent = ["x-scope-orgid", "x-gate", "authorization"].map(|name| request.header(name));
    assert_eq!(sent, [Some("shop"), Some("hunter2"), Some("Basic YWRhOmh1bnRlcjI=")]);
}

#[test]
fn malformed_options_are_refused_with_the_name_of_the_field() {
    for (file, expected) in [
        ("ulr = \"x\"", "unknown field `ulr`"),
        ("[sink]\nname = \"x\"", "unknown field `name`"),
        ("[http]\nauthorization = { token = \"x\" }", "expected a table with one of bearer"),
        ("[sink]\ntimeout = \"2 s\"", "timeout"),
        ("[sink]\ntimeout = 2", "timeout"),
        ("overflow = \"wait\"", "overflow policy"),
        ("[http]\nauthorization = { bearer = 7 }", "bearer"),
    ] {
        let error = toml::from_str::<LokiOptions>(file).unwrap_err().to_string();
        assert!(error.contains(expected), "{file}: {error}");
    }
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let none: LokiOptions = toml::from_str("tenant = \"a\"").unwrap();
    let error = none.build(&Resource::new("x"), &delivery).unwrap_err();
    assert!(matches!(error, LokiBuildError::Endpoint(_)), "{error:?}");
}
