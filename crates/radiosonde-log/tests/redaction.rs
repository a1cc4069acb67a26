//! Redacted values reach no output.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt;
use std::sync::{Arc, Mutex};

use radiosonde_core::Resource;
use radiosonde_log::{Detector, Format, JsonLayer, Line, LineSink, LogOptions, Redaction, Secret, Writer};
use radiosonde_metrics::Registry;
use radiosonde_testkit::{Samples, SharedBuffer};
use serde_json::{Value, json};
use tracing::{error, field, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

/// Keeps what a sink receives: the line and all its properties.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl LineSink for Kept {
    fn accept(&self, line: &Line<'_>) {
        let attributes: Vec<_> =
            line.attributes().map(|(key, value)| format!("{key}={}", value.json())).collect();
        let beside =
            format!("{} {attributes:?} {:?} {:?}", line.message(), line.user_id(), line.request_id());
        self.0.lock().unwrap().push(format!("{} {beside}", line.json()));
    }
}

struct Lines {
    json: Vec<Value>,
    /// The complete output of a writer of JSON, of one for people, and of a sink.
    ways: [String; 3],
    samples: Samples,
}

fn lines(configure: impl Fn(LogOptions) -> LogOptions, work: impl FnOnce()) -> Lines {
    let (json, pretty, sink) = (SharedBuffer::new(), SharedBuffer::new(), Arc::new(Kept::default()));
    let registry = Registry::new();
    let layer = |format, buffer: &SharedBuffer| {
        let builder = JsonLayer::builder(&Resource::new("orders")).format(format);
        configure(builder.writer(Writer::new("buffer", buffer.clone())))
    };
    let subscriber = tracing_subscriber::registry()
        .with(layer(Format::Json, &json).registry(&registry).sink(Arc::clone(&sink)).build().unwrap())
        .with(layer(Format::Pretty, &pretty).build().unwrap());
    tracing::subscriber::with_default(subscriber, work);
    Lines {
        json: json.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect(),
        ways: [json.text(), pretty.text(), sink.0.lock().unwrap().join("\n")],
        samples: Samples::read(&registry.text()),
    }
}

impl Lines {
    fn assert_nowhere(&self, secret: &str) {
        for (way, text) in ["json", "pretty", "sink"].into_iter().zip(&self.ways) {
            assert!(!text.is_empty() && !text.contains(secret), "{secret} in {way}: {text}");
        }
    }

    fn assert_everywhere(&self, shown: &str) {
        for (way, text) in ["json", "pretty", "sink"].into_iter().zip(&self.ways) {
            assert!(text.contains(shown), "{shown} in {way}: {text}");
        }
    }
}

#[derive(Debug)]
#[allow(dead_code, reason = "read by Debug only")]
struct Login {
    user: &'static str,
    password: Secret<&'static str>,
}

#[test]
fn the_values_of_secret_keys_never_leave_wherever_they_are() {
    let lines = lines(
        |builder| builder.field("deploy_token", "hunter-static").field("region", "eu-1"),
        || {
            let span = info_span!("login", apiKey = "hunter-span", tenant = "acme", password = field::Empty)
                .entered();
            span.record("password", "hunter-recorded");
            info!(
                authorization = "hunter-event",
                http.request.header.cookie = ?["hunter-debug"],
                otp = 4_711_471_147_114_711_u64,
                client_secret = true,
                max_tokens = 17,
                login = ?Login { user: "ada", password: Secret::new("hunter-typed") },
                "welcome"
            );
        },
    );
    for secret in ["hunter", "4711471147114711"] {
        lines.assert_nowhere(secret);
    }
    for shown in ["acme", "eu-1", "17", "ada", "welcome"] {
        assert!(lines.ways[0].contains(shown) && lines.ways[2].contains(shown), "{shown}");
    }
    let redacted = "[redacted]";
    assert_eq!(
        lines.json[0]["metadata"],
        json!({
            "authorization": redacted, "http.request.header.cookie": redacted, "otp": redacted, "client_secret": redacted,
            "max_tokens": 17, "login": "Login { user: \"ada\", password: [redacted] }", "apiKey": redacted, "tenant": "acme",
            "password": redacted, "deploy_token": redacted, "region": "eu-1",
        })
    );
    // Once for each value: four of the event, and two of the span.
    assert_eq!(lines.samples.value("radiosonde_log_redacted_total", &[("by", "key")]), Some(6.0));
    assert_eq!(lines.samples.value("radiosonde_log_redacted_total", &[("by", "detector")]), Some(0.0));
}

#[derive(Debug)]
struct Refused(Option<Box<Refused>>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot reach postgres://app:hunter2@db/orders")
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_deref().map(|source| source as _)
    }
}

fn with_all_detectors(builder: LogOptions) -> LogOptions {
    let all = [Detector::Bearer, Detector::Jwt, Detector::CardNumber, Detector::UrlPassword];
    builder.redaction(all.into_iter().fold(Redaction::default(), Redaction::detect))
}

#[test]
fn a_secret_that_is_cut_in_half_goes_too() {
    let long = |secret: &str, cut: usize| {
        let line_bytes = 10_000;
        let before = "word ".repeat(line_bytes);
        format!("{}{secret}", &before[before.len() - (line_bytes - cut)..])
    };
    for cut in 10..30 {
        let lines = lines(
            |builder| with_all_detectors(builder).max_line_bytes(10_000),
            || {
                let dsn = long("postgres://app:hunter2hunter2hunter2@db", cut);
                let card = long("4111 1111 1111 1111", cut);
                info!(dsn = dsn.as_str(), "open");
                info!(card = ?card, "paid");
                error!(error = &*Box::<dyn std::error::Error>::from(dsn), "failed");
                info!("{dsn}", dsn = long("postgres://app:hunter2hunter2hunter2@db", cut));
            },
        );
        assert_eq!(lines.json.len(), 4);
        lines.assert_nowhere("app:h");
        lines.assert_nowhere("4111");
    }
}

#[test]
fn what_detectors_find_is_replaced_in_messages_values_errors_and_spans() {
    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UifQ.dBjftJeZ4CVP-mB9";
    let lines = lines(
        |builder| with_all_detectors(builder).field("dsn", "amqp://mq:hunter2@mq"),
        || {
            let _span = info_span!(
                "pay",
                path = format!("/pay?card=4111111111111111&t={JWT}"),
                user_id = "4242424242424242"
            )
            .entered();
            let refused: &(dyn std::error::Error + 'static) = &Refused(Some(Box::new(Refused(None))));
            error!(
                error = refused,
                headers = ?[("authorization", "Bearer 0123456789abcdef")],
                card = 5_555_555_555_554_444_u64,
                id = 1_732_177_933_123_456_789_u64,
                "paid with {} by {JWT}",
                "4111 1111 1111 1111"
            );
        },
    );
    for secret in ["hunter2", "eyJ", "4111", "4242", "0123456789abcdef", "5555555555554444"] {
        lines.assert_nowhere(secret);
    }
    lines.assert_everywhere("paid with [redacted] by [redacted]");
    lines.assert_everywhere("/pay?card=[redacted]&t=[redacted]");
    lines.assert_everywhere("postgres://app:[redacted]@db/orders");
    assert_eq!(lines.json[0]["metadata"]["id"], 1_732_177_933_123_456_789_u64);
    assert_eq!(lines.json[0]["metadata"]["card"], "[redacted]");
    assert_eq!(lines.json[0]["metadata"]["dsn"], "amqp://mq:[redacted]@mq");
    assert_eq!(lines.samples.value("radiosonde_log_redacted_total", &[("by", "detector")]), Some(9.0));
}

#[derive(Debug)]
#[allow(dead_code, reason = "read by Debug only")]
struct Careless {
    user: &'static str,
    password: Option<&'static str>,
}

#[test]
fn what_debug_shows_under_a_secret_key_goes_if_asked_for() {
    let redaction = Redaction::default().detect(Detector::KeyValue);
    let lines = lines(
        |builder| builder.redaction(redaction.clone()),
        || {
            let login = Careless { user: "ada", password: Some("hunter2") };
            info!(?login, path = "/login?user=ada&token=hunter3", "came with {:?}", ("password", &login));
        },
    );
    lines.assert_nowhere("hunter");
    lines.assert_everywhere("ada");
    assert_eq!(
        lines.json[0]["metadata"]["login"],
        r#"Careless { user: "ada", password: Some("[redacted]") }"#
    );
    assert_eq!(lines.json[0]["path"], "/login?user=ada&token=[redacted]");
}

#[test]
fn a_value_that_is_cut_keeps_no_beginning_of_a_token() {
    let token = format!("eyJhbGciOiJIUzI1NiJ9.{}.end", "eyJ".repeat(4000));
    let lines =
        lines(|builder| with_all_detectors(builder).max_line_bytes(5000), || info!(state = token, "seen"));
    lines.assert_nowhere("eyJ");
    assert_eq!(lines.json[0]["truncated"], true);
}

#[test]
fn an_allow_list_leaves_what_is_on_it_and_what_the_layer_reserves() {
    let lines = lines(
        |builder| {
            builder.redaction(Redaction::default().allow_only(["tenant", "db.*"]).replacement("<gone>"))
        },
        || {
            info!(
                tenant = "acme",
                db.table = "orders",
                city = "Utrecht",
                request_id = "r-1",
                duration_ms = 12,
                "stored"
            )
        },
    );
    lines.assert_nowhere("Utrecht");
    let line = &lines.json[0];
    assert_eq!(line["metadata"], json!({ "tenant": "acme", "db.table": "orders", "city": "<gone>" }));
    assert_eq!(
        (&line["request_id"], &line["duration_ms"], &line["message"]),
        (&json!("r-1"), &json!(12), &json!("stored"))
    );
}

#[test]
fn a_named_reserved_key_is_replaced_too_and_nothing_is_when_nothing_is_asked_for() {
    let work = || info!(user_id = "u-17", duration_ms = 12, password = "hunter2", "hello");
    let named = lines(|builder| builder.redaction(Redaction::none().key("user_id").key("duration_ms")), work);
    named.assert_nowhere("u-17");
    assert_eq!(named.json[0]["user_id"], "[redacted]");
    assert_eq!(named.json[0]["metadata"], json!({ "duration_ms": "[redacted]", "password": "hunter2" }));
    lines(|builder| builder.redaction(Redaction::none()), work).assert_everywhere("hunter2");
}
