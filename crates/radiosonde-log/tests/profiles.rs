//! The lines of each profile, byte for byte and as their readers parse them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod scenes;

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use radiosonde_core::{LevelNames, Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_log::{
    ACCESS_TARGET, AUDIT_TARGET, Format, InvalidKeyKind, JsonLayer, JsonLayerBuildError, Line, LineSink,
    LogOptions, METRIC_TARGET, Profile, TimestampPrecision, Writer, audit, fatal, log_metric,
};
use radiosonde_testkit::{ManualClock, SharedBuffer};
use serde_json::{Value as Json, json};
use tracing::{debug, error, info, info_span, trace, warn};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::scenes::{parsed, scene, written};

fn resource() -> Resource {
    Resource::builder()
        .service_name("orders")
        .service_version("1.4.2")
        .instance_id("i-1")
        .environment("production")
        .attribute("cloud.account.id", "acme-prod")
        .build()
}

fn lines(configure: impl FnOnce(LogOptions) -> LogOptions, work: impl FnOnce()) -> Vec<String> {
    let buffer = SharedBuffer::new();
    let clock = ManualClock::new();
    clock.advance(Duration::from_nanos(7_000_120));
    let builder = JsonLayer::builder(&resource())
        .clock(Arc::new(clock))
        .format(Format::Json)
        .writer(Writer::new("buffer", buffer.clone()));
    let layer = configure(builder).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    buffer.lines().iter().for_each(|line| drop(parsed(&format!("{line}\n"))));
    buffer.lines()
}

fn objects(configure: impl FnOnce(LogOptions) -> LogOptions, work: impl FnOnce()) -> Vec<Json> {
    lines(configure, work).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[derive(Debug)]
struct Refused(Option<Box<Refused>>, &'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.as_deref().map(|source| source as _)
    }
}

fn context() -> SpanContext {
    let trace_id = TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
    SpanContext::new(trace_id, SpanId::from_hex("00f067aa0ba902b7").unwrap(), TraceFlags::SAMPLED)
}

/// Logs the samples of docs/logs.md.
fn refusal() {
    let _current = context().enter();
    let _request = info_span!("request", request_id = "r-17", user_id = 42, tenant.id = "acme").entered();
    let error = Refused(Some(Box::new(Refused(None, "503 from the bank"))), "payment refused");
    warn!(
        target: "orders::payment",
        method = "POST",
        path = "/orders/7/pay",
        status = 502_u16,
        duration_ms = 317.25,
        attempt = 2,
        error = &error as &(dyn Error + 'static),
        "order 7 not paid"
    );
}

#[test]
fn the_samples_of_the_guide_are_what_is_written() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/logs.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    // The guide wraps lines before a space.
    let guide = guide.replace("\n ", "");
    for profile in Profile::ALL {
        let written = lines(|builder| builder.profile(profile), refusal);
        assert!(guide.contains(&written[0]), "not in docs/logs.md:\n{}", written[0]);
    }
}

#[test]
fn levels_are_those_of_each_target() {
    let emit = || {
        trace!("");
        debug!("");
        info!("");
        warn!("");
        error!("");
        fatal!("");
    };
    let levels = |profile, names: LevelNames, key: &str| {
        let written = objects(|builder| builder.profile(profile).level_names(names), emit);
        written.iter().map(|line| line[key].clone()).collect::<Vec<_>>()
    };
    let (plain, spelled) = (LevelNames::WarnFatal, LevelNames::WarningCritical);
    assert_eq!(
        levels(Profile::Ecs, plain, "log.level"),
        ["trace", "debug", "info", "warn", "error", "fatal"]
    );
    assert_eq!(levels(Profile::Ecs, spelled, "log.level")[3..], ["warning", "error", "critical"]);
    assert_eq!(levels(Profile::Otel, plain, "severity_text")[3..], ["WARN", "ERROR", "FATAL"]);
    assert_eq!(levels(Profile::Otel, plain, "severity_number"), [1, 5, 9, 13, 17, 21]);
    for names in [plain, spelled] {
        assert_eq!(
            levels(Profile::Gcp, names, "severity"),
            ["DEBUG", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
        );
    }
}

#[test]
fn timestamps_have_the_digits_that_are_asked_for() {
    let time = |configure: fn(LogOptions) -> LogOptions, key: &str| {
        objects(configure, || info!("x"))[0][key].clone()
    };
    assert_eq!(time(|builder| builder, "timestamp"), "2026-01-01T00:00:00.007Z");
    assert_eq!(time(|builder| builder.profile(Profile::Ecs), "@timestamp"), "2026-01-01T00:00:00.007Z");
    assert_eq!(time(|builder| builder.profile(Profile::Otel), "timestamp"), "2026-01-01T00:00:00.007000120Z");
    assert_eq!(time(|builder| builder.profile(Profile::Gcp), "time"), "2026-01-01T00:00:00.007000120Z");
    let micros = time(|builder| builder.precision(TimestampPrecision::Micros), "timestamp");
    assert_eq!(micros, "2026-01-01T00:00:00.007000Z");
}

#[test]
fn promoted_fields_stand_at_the_top_in_their_order_and_keep_their_type() {
    let written = lines(
        |builder| builder.promote("tenant_id").promote("sku").promote("tenant_id").field("sku", "none"),
        || {
            let _span = info_span!("span", tenant_id = 7_u64, zone = "b").entered();
            info!(attempt = 1, duration_ms = 3, "first");
            info!(tenant_id = true, sku = 1.5, "second");
        },
    );
    let ends = [
        r#""message":"first","duration_ms":3,"tenant_id":7,"sku":"none","metadata":{"attempt":1,"zone":"b"}}"#,
        r#""message":"second","tenant_id":true,"sku":1.5,"metadata":{"zone":"b"}}"#,
    ];
    for (line, end) in written.iter().zip(ends) {
        assert!(line.ends_with(end), "{line}");
    }
    let ecs = objects(
        |builder| builder.profile(Profile::Ecs).promote("host.name"),
        || info!(host.name = "a", tenant = "b", "x"),
    );
    assert_eq!((&ecs[0]["host.name"], &ecs[0]["labels"]), (&json!("a"), &json!({"tenant": "b"})));
}

#[test]
fn the_object_for_the_rest_can_be_called_otherwise() {
    for profile in [Profile::Native, Profile::Gcp] {
        let written =
            objects(|builder| builder.profile(profile).metadata_key("context"), || info!(metadata = 1, "x"));
        assert_eq!(written[0]["context"], json!({"metadata": 1}));
    }
}

#[test]
fn keys_that_a_profile_has_no_room_for_are_refused() {
    let refused =
        |configure: &dyn Fn(LogOptions) -> LogOptions| match configure(JsonLayer::builder(&resource()))
            .build()
        {
            Err(JsonLayerBuildError::Key(refused)) => refused.kind(),
            other => panic!("{other:?}"),
        };
    for taken in ["timestamp", "message", "user_id", "url.path", "metadata", "type", "metric", "labels"] {
        assert_eq!(refused(&|builder| builder.promote(taken)), InvalidKeyKind::Taken, "{taken}");
    }
    for taken in ["log", "log.level.x", "labels.a", "user", "user_id", "message", "error.code", "@timestamp"]
    {
        let refused = refused(&|builder| builder.profile(Profile::Ecs).promote(taken));
        assert_eq!(refused, InvalidKeyKind::Taken, "{taken}");
    }
    for taken in ["httpRequest", "severity", "time"] {
        assert_eq!(refused(&|builder| builder.profile(Profile::Gcp).promote(taken)), InvalidKeyKind::Taken);
    }
    assert_eq!(refused(&|builder| builder.promote(" ")), InvalidKeyKind::Empty);
    assert_eq!(refused(&|builder| builder.promote("k".repeat(257))), InvalidKeyKind::TooLong);
    assert_eq!(refused(&|builder| builder.promote("otel.name")), InvalidKeyKind::Directive);
    assert_eq!(refused(&|builder| builder.metadata_key("")), InvalidKeyKind::Empty);
    assert_eq!(refused(&|builder| builder.metadata_key("status")), InvalidKeyKind::Taken);
    assert_eq!(refused(&|builder| builder.metadata_key("context").promote("context")), InvalidKeyKind::Taken);
    for profile in [Profile::Ecs, Profile::Otel] {
        let refused = refused(&|builder| builder.profile(profile).metadata_key("context"));
        assert_eq!(refused, InvalidKeyKind::Fixed);
    }
    let many = |builder: LogOptions| (0..30).fold(builder, |builder, at| builder.promote(format!("f{at}")));
    assert_eq!(refused(&many), InvalidKeyKind::TooMany { most: 22 });
}

#[test]
fn a_google_request_has_a_latency_and_what_is_none_has_only_a_duration() {
    let gcp = |builder: LogOptions| builder.profile(Profile::Gcp);
    let written = objects(gcp, || {
        info!(method = "GET", duration_ms = 317, "request");
        info!(status = 200, duration_ms = 0.000_25, "request");
        info!(duration_ms = 1250, "job");
        info!(path = "/", duration_ms = -1, "odd");
        info!(path = "/", status = "none", duration_ms = "long", "odd");
        info!(path = "/", duration_ms = 1e300, "odd");
    });
    assert_eq!(written[0]["httpRequest"], json!({"requestMethod": "GET", "latency": "0.317s"}));
    assert_eq!(written[0]["duration_ms"], 317);
    assert_eq!(written[1]["httpRequest"], json!({"status": 200, "latency": "0.000000250s"}));
    assert_eq!((written[2].get("httpRequest"), &written[2]["duration_ms"]), (None, &json!(1250)));
    assert_eq!(written[3]["httpRequest"], json!({"requestUrl": "/"}));
    assert_eq!(written[4]["httpRequest"], json!({"requestUrl": "/"}));
    assert_eq!(written[4]["metadata"], json!({"status": "none", "duration_ms": "long"}));
    assert_eq!(written[5]["httpRequest"], json!({"requestUrl": "/"}));
}

#[test]
fn a_google_trace_is_named_with_its_project_if_that_is_known() {
    let trace = |layer: LogOptions| {
        let buffer = SharedBuffer::new();
        let layer =
            layer.profile(Profile::Gcp).writer(Writer::new("buffer", buffer.clone())).format(Format::Json);
        tracing::subscriber::with_default(
            tracing_subscriber::registry().with(layer.build().unwrap()),
            || {
                let _current = context().enter();
                info!("x");
            },
        );
        parsed(&buffer.text())["logging.googleapis.com/trace"].as_str().unwrap().to_owned()
    };
    let id = context().trace_id();
    assert_eq!(trace(JsonLayer::builder(&Resource::new("orders"))), id.to_string());
    assert_eq!(trace(JsonLayer::builder(&resource())), format!("projects/acme-prod/traces/{id}"));
    let other = JsonLayer::builder(&resource()).google_cloud_project("other\"one");
    assert_eq!(trace(other), format!("projects/other\"one/traces/{id}"));
}

#[test]
fn metrics_are_lines_of_the_shape_that_collectors_of_them_know() {
    let emit = || {
        let depth = 12_u32;
        log_metric!("queue_depth", depth, queue = "mail",);
        log_metric!(level: tracing::Level::WARN, "ratio", f64::NAN);
    };
    let written = lines(|builder| builder, emit);
    assert_eq!(
        written[0],
        concat!(
            r#"{"timestamp":"2026-01-01T00:00:00.007Z","level":"INFO","service":"orders","module":"radiosonde::metric","#,
            r#""message":"queue_depth","metric":"queue_depth","value":12.0,"type":"metric","labels":{"queue":"mail"}}"#
        )
    );
    assert!(
        written[1].contains(r#""level":"WARN""#) && written[1].contains(r#""value":null"#),
        "{}",
        written[1]
    );
    let ecs = objects(|builder| builder.profile(Profile::Ecs), emit);
    assert_eq!((&ecs[0]["metric.name"], &ecs[0]["metric.value"]), (&json!("queue_depth"), &json!(12.0)));
    assert_eq!(
        (&ecs[0]["event.kind"], &ecs[0]["event.dataset"]),
        (&json!("metric"), &json!("orders.metric"))
    );
    assert_eq!(ecs[0]["labels"], json!({"queue": "mail"}));
    let otel = objects(|builder| builder.profile(Profile::Otel), emit);
    assert_eq!(otel[0]["event_name"], "radiosonde.metric");
    assert_eq!(otel[0]["attributes"], json!({"metric": "queue_depth", "value": 12.0, "queue": "mail"}));
}

#[test]
fn labels_of_a_metric_stay_labels_whatever_they_are_called() {
    let emit = || {
        let _request = info_span!("request", correlation_id = "c-1", request_id = "r-1").entered();
        log_metric!(
            "api_request_duration",
            0.234,
            endpoint = "/chat",
            method = "POST",
            status = 200,
            path = "/c",
            user_id = "u-1",
            request_id = "r-2",
            error = "none",
            tenant_id = "acme",
        );
    };
    let expected = json!({
        "endpoint": "/chat", "method": "POST", "status": 200, "path": "/c", "user_id": "u-1", "request_id": "r-2",
        "error": "none", "tenant_id": "acme",
    });
    for profile in [Profile::Native, Profile::Gcp] {
        let line = &objects(|builder| builder.profile(profile).promote("tenant_id"), emit)[0];
        assert_eq!(line["labels"], expected, "{profile:?}");
        for label in ["method", "request_id", "tenant_id"] {
            assert_eq!(line.get(label), None, "{profile:?}");
        }
        // A field of the span that no label hides keeps its place.
        assert_eq!(line["correlation_id"], "c-1", "{profile:?}");
    }
    let ecs = &objects(|builder| builder.profile(Profile::Ecs), emit)[0];
    let labels = expected.as_object().unwrap().iter();
    let mut texts: serde_json::Map<String, Json> = labels
        .map(|(label, value)| (label.clone(), json!(value.as_str().map_or(value.to_string(), str::to_owned))))
        .collect();
    // Its place in this profile, also in a line of another kind.
    texts.insert("correlation_id".to_owned(), json!("c-1"));
    assert_eq!(ecs["labels"], Json::Object(texts));
    // The conventions' own names, and the nearer value if a span has one as well.
    let otel = &objects(|builder| builder.profile(Profile::Otel), emit)[0]["attributes"];
    assert_eq!(otel["http.request.method"], "POST");
    assert_eq!(otel["request_id"], "r-2");
    assert_eq!(otel["endpoint"], "/chat");
}

#[test]
fn only_metrics_have_the_keys_of_metrics() {
    let written = objects(|builder| builder, || info!(metric = "a", value = 1, labels = "b", "x"));
    assert_eq!(written[0]["metadata"], json!({"metric": "a", "value": 1, "labels": "b"}));
    assert_eq!(written[0].get("type"), None);
}

#[test]
fn audits_say_who_did_what() {
    let emit = || {
        let order = 7;
        audit!(
            who = "u-7",
            action = "order.refund",
            resource = format_args!("orders/{order}"),
            outcome = "success"
        );
        audit!(
            who = 7,
            action = "x",
            resource = "y",
            outcome = "failure",
            amount = 9.5,
            "refused: {}",
            order
        );
    };
    let written = lines(|builder| builder, emit);
    assert_eq!(
        written[0],
        concat!(
            r#"{"timestamp":"2026-01-01T00:00:00.007Z","level":"INFO","service":"orders","module":"radiosonde::audit","#,
            r#""message":"order.refund","type":"audit","metadata":{"who":"u-7","action":"order.refund","#,
            r#""resource":"orders/7","outcome":"success"}}"#
        )
    );
    let ecs = objects(|builder| builder.profile(Profile::Ecs), emit);
    assert_eq!((&ecs[1]["message"], &ecs[1]["user.name"]), (&json!("refused: 7"), &json!("7")));
    assert_eq!((&ecs[1]["event.action"], &ecs[1]["event.outcome"]), (&json!("x"), &json!("failure")));
    assert_eq!(ecs[1]["labels"], json!({"resource": "y", "amount": "9.5"}));
    assert_eq!((&ecs[1]["event.kind"], &ecs[1]["event.dataset"]), (&json!("event"), &json!("orders.audit")));
}

#[test]
fn what_is_said_to_be_an_error_is_one_whatever_its_type() {
    let emit = || {
        error!(error = "no route", "text");
        error!(err = 404, "number");
        error!(error = &Refused(None, "alone") as &(dyn Error + 'static), "no cause");
    };
    let ecs = objects(|builder| builder.profile(Profile::Ecs), emit);
    let errors: Vec<_> = ecs.iter().map(|line| line["error"].clone()).collect();
    assert_eq!(
        errors,
        [json!({"message": "no route"}), json!({"message": "404"}), json!({"message": "alone"})]
    );
    let otel = objects(|builder| builder.profile(Profile::Otel), emit);
    assert_eq!(otel[2]["attributes"], json!({"exception": {"message": "alone"}}));
}

/// The contents of a line: its ids, and its fields by name.
type Said = (Option<String>, Option<String>, Vec<(String, String)>);

#[derive(Default)]
struct Kept(Mutex<Vec<Said>>);

impl LineSink for Kept {
    fn accept(&self, line: &Line<'_>) {
        let mut fields: Vec<_> =
            line.attributes().map(|(name, value)| (name.into_owned(), value.json().to_owned())).collect();
        fields.sort();
        let said = (line.request_id().map(str::to_owned), line.user_id().map(str::to_owned), fields);
        self.0.lock().unwrap().push(said);
    }
}

#[test]
fn sinks_find_ids_and_names_of_fields_whatever_the_profile() {
    for profile in Profile::ALL {
        let kept = Arc::new(Kept::default());
        let emit = || info!(request_id = "r", user_id = 42, url.path = "/", status = 200, sku = "b", "x");
        lines(|builder| builder.profile(profile).sink(Arc::clone(&kept)), emit);
        let (request_id, user_id, fields) = kept.0.lock().unwrap().remove(0);
        assert_eq!((request_id.as_deref(), user_id.as_deref()), (Some("r"), Some("42")), "{profile:?}");
        let expected = [
            ("path", "\"/\""),
            ("request_id", "\"r\""),
            ("sku", "\"b\""),
            ("status", "200"),
            ("user_id", "\"42\""),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(fields, expected, "{profile:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_line_of_every_profile_is_valid_bounded_and_has_the_same_precedence(
        scene in scene(),
        target in prop::sample::select(vec!["made::target", ACCESS_TARGET, AUDIT_TARGET, METRIC_TARGET]),
        pad in 0_usize..9_000,
        limit in prop::sample::select(vec![7_000_usize, 250_000]),
    ) {
        let mut scene = scene;
        scene.target = target;
        scene.event.push(("pad".to_owned(), scenes::Sample::Str("ä\"\n\u{1b}x".repeat(pad / 6))));
        let objects: Vec<_> = Profile::ALL
            .iter()
            .map(|profile| {
                let line = written(&scene, limit, |builder| builder.profile(*profile).promote("tenant_id"));
                assert!(line.len() <= limit, "{} bytes of {limit} in {profile:?}", line.len());
                (*profile, parsed(&line))
            })
            .collect();
        let rest = |profile, line: &Json| {
            let key = match profile {
                Profile::Ecs => "labels",
                Profile::Otel => "attributes",
                _ if target == METRIC_TARGET => "labels",
                _ => "metadata",
            };
            line[key].clone()
        };
        for (profile, line) in &objects {
            for key in match profile {
                Profile::Native => &["timestamp", "level", "service", "module", "message"][..],
                Profile::Ecs => &["@timestamp", "log.level", "message", "ecs.version", "service.name", "log.logger"],
                Profile::Otel => &["timestamp", "severity_text", "severity_number", "resource", "scope", "body"],
                _ => &["time", "severity", "message", "serviceContext", "module"],
            } {
                prop_assert!(line.get(*key).is_some(), "{} is missing in {:?}", key, profile);
            }
            if pad < 1000 && limit == 250_000 {
                // A name that no profile reserves.
                let native = &rest(Profile::Native, &objects[0].1)["a"];
                let same = match (profile, native) {
                    (Profile::Ecs, Json::String(_) | Json::Null) => native.clone(),
                    (Profile::Ecs, Json::Object(error)) => error["message"].clone(),
                    (Profile::Ecs, _) => rest(*profile, line)["a"].clone(),
                    _ => native.clone(),
                };
                prop_assert_eq!(&rest(*profile, line)["a"], &same);
                prop_assert_eq!(&line.get("tenant_id"), &objects[0].1.get("tenant_id"));
            }
        }
    }
}
