//! Options from a configuration file.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde_metrics::Registry;
use radiosonde_push::{PushBuildError, PushgatewayOptions, RemoteWriteOptions};
use radiosonde_testkit::HttpFake;

const DEADLINE: Duration = Duration::from_secs(20);

#[test]
fn every_pushgateway_setting_is_read_and_secrets_are_not_printed() {
    let gateway = HttpFake::start([]);
    let file = format!(
        r#"
        url = "{}"
        job = "load"
        grouping = {{ shard = "7" }}
        [http]
        authorization = {{ bearer = "hunter2" }}
        [sink]
        max_items = 10
        batch_items = 5
        batch_age = "1h"
        "#,
        gateway.url()
    );
    let options: PushgatewayOptions = toml::from_str(&file).unwrap();
    let shown = format!("{options:?}");
    assert!(!shown.contains("hunter2") && shown.contains("max_items: Some(10)"), "{shown}");
    let push = options.registry(&Registry::new()).start().unwrap();
    push.push();
    push.finish_blocking(DEADLINE);
    let requests = gateway.requests();
    assert_eq!(requests.len(), 2, "a call is a request, whatever the batches");
    assert_eq!(requests[0].path(), "/metrics/job/load/shard/7");
    assert_eq!(requests[0].header("authorization"), Some("Bearer hunter2"));
}

#[test]
fn every_remote_write_setting_is_read() {
    let receiver = HttpFake::start([]);
    let file = format!(
        "url = \"{}\"\njob = \"load\"\nlabels = {{ instance = \"one\" }}\nstale_at_end = true\n[sink]\ntimeout = \"5s\"",
        receiver.url()
    );
    let options: RemoteWriteOptions = toml::from_str(&file).unwrap();
    let registry = Registry::new();
    registry.counter("rows_total", "Rows.").build().unwrap().inc();
    let report = options.registry(&registry).start().unwrap().finish_blocking(DEADLINE);
    let sink = report.sink("remote_write").unwrap();
    assert!(
        sink.produced() > 1 && sink.produced().is_multiple_of(2),
        "each series has a mark of its end: {report}"
    );
    assert_eq!(receiver.requests()[0].path(), "/api/v1/write");
}

#[test]
fn a_timeout_in_a_file_leaves_the_series_of_a_request_as_they_are() {
    let receiver = HttpFake::start([]);
    let file = format!("url = \"{}\"\n[sink]\ntimeout = \"5s\"", receiver.url());
    let registry = Registry::new();
    let rows = registry.counter("rows_total", "Rows.").labels(&["table"]).unwrap();
    (0..1500).for_each(|table| rows.with(&[&table.to_string()]).inc());
    let options: RemoteWriteOptions = toml::from_str(&file).unwrap();
    options.registry(&registry).start().unwrap().finish_blocking(DEADLINE);
    assert_eq!(receiver.requests().len(), 1, "2000 series fit a request");
}

#[test]
fn a_malformed_file_is_refused_with_the_name_of_the_field() {
    for (file, expected) in [
        ("jbo = \"x\"", "unknown field `jbo`"),
        ("registry = \"x\"", "unknown field `registry`"),
        ("[sink]\ntimeout = 2", "timeout"),
        ("job = 7", "job"),
    ] {
        let error = toml::from_str::<PushgatewayOptions>(file).unwrap_err().to_string();
        assert!(error.contains(expected), "{file}: {error}");
    }
    let twice: RemoteWriteOptions =
        toml::from_str("url = \"http://127.0.0.1\"\njob = \"a\"\nlabels = { job = \"b\" }").unwrap();
    let error = twice.registry(&Registry::new()).start().unwrap_err();
    assert!(matches!(error, PushBuildError::Label(_)), "{error:?}");
}
