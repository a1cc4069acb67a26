//! Options for one signal and for all, also from a configuration file.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use radiosonde_core::{Level, Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_delivery::Delivery;
use radiosonde_log::{Line, LineSink};
use radiosonde_metrics::Registry;
use radiosonde_otlp::OtlpOptions;
use radiosonde_testkit::HttpFake;
use radiosonde_trace::{FinishedSpan, SpanSink};

#[test]
fn settings_of_a_signal_win_over_those_for_all() {
    let fake = HttpFake::start([]);
    let url = fake.url();
    let file = format!(
        r#"
        endpoint = "{url}"
        compression = "gzip"
        protocol = "http/protobuf"
        overflow = "drop_oldest"
        http = {{ authorization = {{ bearer = "t0ken" }} }}
        sink = {{ timeout = "5s" }}
        [logs]
        endpoint = "{url}/own"
        protocol = "http/protobuf"
        compression = "none"
        http = {{ headers = {{ x-logs = "1" }} }}
        "#
    );
    let options: OtlpOptions = toml::from_str(&file).unwrap();
    assert!(options.has_logs() && !OtlpOptions::default().has_logs());
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let resource = Resource::new("orders");
    let spans = options.build_spans(&resource, &delivery).unwrap();
    let logs = options.build_logs(&resource, &delivery).unwrap();
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    spans.accept(FinishedSpan::new(context, "a").encode());
    logs.accept(&Line::new("{}", SystemTime::UNIX_EPOCH, Level::Info));
    assert_eq!(delivery.shutdown_blocking(Duration::from_secs(20)).delivered(), 2);
    let requests = fake.requests();
    let sent = |path: &str| {
        let request = requests.iter().find(|request| request.path() == path).unwrap();
        ["authorization", "x-logs", "content-encoding"].map(|name| request.header(name))
    };
    assert_eq!(sent("/v1/traces"), [Some("Bearer t0ken"), None, Some("gzip")]);
    assert_eq!(sent("/own"), [None, Some("1"), None]);
}

#[test]
fn an_unknown_setting_is_named() {
    for (file, expected) in [
        ("encoding = \"json\"", "unknown field `encoding`"),
        ("protocol = \"http/json\"", "expected http/protobuf or grpc"),
        ("compression = \"zip\"", "unknown variant `zip`"),
        ("[logs]\noverflow = \"drop_oldest\"", "unknown field `overflow`"),
    ] {
        let error = toml::from_str::<OtlpOptions>(file).unwrap_err().to_string();
        assert!(error.contains(expected), "{file}: {error}");
    }
}
