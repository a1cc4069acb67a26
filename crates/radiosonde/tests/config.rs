//! Settings from a configuration file.
#![cfg(all(feature = "alerts", feature = "loki", feature = "otlp", feature = "serde"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use radiosonde::Config;

const TOML: &str = r#"
    service_name = "orders"
    service_label = "service"
    filter = "info,hyper=warn"
    [resource]
    "deployment.environment.name" = "prod"
    [logs]
    format = "json"
    fields = { team = "pay" }
    [traces]
    sampler = { parent_based_ratio = 0.5 }
    [monitoring]
    enabled = true
    prometheus_port = 9090
    metrics_path = "/internal"
    [levels]
    maximum_ttl = "2d"
    credentials = [{ bearer = "hunter2" }]
    [loki]
    url = "https://logs.example"
    labels = { zone = "eu" }
    http = { authorization = { bearer = "hunter2" }, tls = { ca = "/etc/ssl/company-ca.pem" } }
    [otlp]
    endpoint = "http://127.0.0.1:4318"
    sink = { max_bytes = 1000000, timeout = "5s" }
    logs = {}
    [alerts]
    alertmanagers = [{ url = "http://127.0.0.1:9093", labels = { cluster = "delft" } }]
"#;

const JSON: &str = r#"{
    "service_name": "orders", "service_label": "service", "filter": "info,hyper=warn",
    "resource": {"deployment.environment.name": "prod"},
    "logs": {"format": "json", "fields": {"team": "pay"}},
    "traces": {"sampler": {"parent_based_ratio": 0.5}},
    "monitoring": {"enabled": true, "prometheus_port": 9090, "metrics_path": "/internal"},
    "levels": {"maximum_ttl": "48h", "credentials": [{"bearer": "hunter2"}]},
    "loki": {
        "url": "https://logs.example", "labels": {"zone": "eu"},
        "http": {"authorization": {"bearer": "hunter2"}, "tls": {"ca": "/etc/ssl/company-ca.pem"}}
    },
    "otlp": {"endpoint": "http://127.0.0.1:4318", "sink": {"max_bytes": 1000000, "timeout": "5s"}, "logs": {}},
    "alerts": {"alertmanagers": [{"url": "http://127.0.0.1:9093", "labels": {"cluster": "delft"}}]}
}"#;

#[test]
fn toml_and_json_are_read_alike_and_secrets_are_not_shown() {
    let read = format!("{:?}", toml::from_str::<Config>(TOML).unwrap());
    assert_eq!(read, format!("{:?}", serde_json::from_str::<Config>(JSON).unwrap()));
    assert!(!read.contains("hunter2"), "{read}");
    for setting in [
        "orders", "prod", "pay", "0.5", "9090", "/internal", "logs.example", "company-ca", "1000000",
        ":9093", "delft",
    ] {
        assert!(read.contains(setting), "{setting} in {read}");
    }
}

#[test]
fn the_section_of_the_guides_is_read() {
    let file = r#"{"monitoring": {"enabled": true, "prometheus_port": 9090, "metrics_path": "/metrics"}}"#;
    let read = format!("{:?}", serde_json::from_str::<Config>(file).unwrap());
    for setting in ["enabled: Some(true)", "port: Some(9090)", "path: Some(\"/metrics\")"] {
        assert!(read.contains(setting), "{setting} in {read}");
    }
}

#[test]
fn a_program_starts_as_its_file_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("orders.log");
    let file = format!(
        r#"
        service_name = "orders"
        [logs]
        file = "{}"
        fields = {{ team = "pay" }}
        [monitoring]
        enabled = true
        prometheus_port = 0
        metrics_path = "/internal"
        "#,
        log.display()
    );
    let telemetry = radiosonde::builder().config(toml::from_str(&file).unwrap()).init().unwrap();
    tracing::info!("started");
    let mut scrape = TcpStream::connect(telemetry.admin_address().unwrap()).unwrap();
    scrape.write_all(b"GET /internal HTTP/1.0\r\n\r\n").unwrap();
    let mut response = String::new();
    scrape.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.0 200") && response.contains("service=\"orders\""), "{response}");
    telemetry.shutdown_blocking(Duration::from_secs(5));
    let line = std::fs::read_to_string(log).unwrap();
    for part in [r#""service":"orders""#, r#""message":"started""#, r#""team":"pay""#] {
        assert!(line.contains(part), "{part} in {line}");
    }
}

#[test]
fn the_examples_of_the_documentation_are_read() {
    let page = include_str!("../../../docs/configuration.md");
    let block = |language: &str| {
        let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap();
        rest.split_once("```").unwrap().0
    };
    toml::from_str::<Config>(block("toml")).unwrap();
    serde_json::from_str::<Config>(block("json")).unwrap();
}

#[test]
fn what_is_unknown_or_malformed_is_named() {
    for (file, expected) in [
        ("servce_name = \"x\"", "unknown field `servce_name`"),
        ("[logs]\ncolour = true", "unknown field `colour`"),
        ("[monitoring]\nport = \"x\"", "port"),
        ("[levels]\nmaximum_ttl = 60", "expected a whole number of us, ms, s, m, h or d, such as \"5s\""),
        ("[levels]\nmaximum_ttl = \"1 d\"", "invalid duration \"1 d\": expected a whole number of us"),
        ("[metrics]\n[monitoring]\n", "duplicate field `metrics`"),
        ("[loki]\nhttp = { authorization = { bearer = 7 } }", "bearer"),
        ("[alerts]\nalertmanager = 1", "unknown field `alertmanager`"),
        ("[otlp.traces]\nprotocols = \"grpc\"", "unknown field `protocols`"),
    ] {
        let error = toml::from_str::<Config>(file).unwrap_err().to_string();
        assert!(error.contains(expected), "{file}: {error}");
    }
}

#[test]
fn a_misplaced_secret_is_not_in_the_message_of_an_error() {
    for (file, json) in [
        ("loki.http.authorization = \"hunter2\"", r#"{"loki": {"http": {"authorization": "hunter2"}}}"#),
        ("otlp.http.headers = \"a=hunter2\"", r#"{"otlp": {"http": {"headers": "a=hunter2"}}}"#),
        (
            "otlp.traces.http.headers = [\"hunter2\"]",
            r#"{"otlp": {"traces": {"http": {"headers": ["hunter2"]}}}}"#,
        ),
        ("metrics.credentials = \"hunter2\"", r#"{"metrics": {"credentials": "hunter2"}}"#),
        (
            "admin.credentials = [{ bearer = 7, basic = \"hunter2\" }]",
            r#"{"admin": {"credentials": "hunter2"}}"#,
        ),
        ("levels.credentials = [\"hunter2\"]", r#"{"levels": {"credentials": ["hunter2"]}}"#),
        (
            "levels.credentials = [{ bearer = \"hunter2 2\" }]",
            r#"{"levels": {"credentials": [{"bearer": "hunter2 2"}]}}"#,
        ),
    ] {
        let toml = toml::from_str::<Config>(file).unwrap_err();
        let json = serde_json::from_str::<Config>(json).unwrap_err().to_string();
        for message in [toml.message(), &json] {
            assert!(!message.contains("hunter2"), "{file}: {message}");
        }
    }
}
