//! Fields of the thread's trace context. The function that reads them is global to a process: here it reads a thread-local.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex};

use radiosonde_core::{Resource, line_fields};
use radiosonde_log::{
    Detector, Format, JsonLayer, Line, LineSink, LogOptions, Profile, Redaction, Writer, fatal,
};
use radiosonde_metrics::Registry;
use radiosonde_testkit::{CountingAllocator, SharedBuffer};
use serde_json::{Value as Json, json};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

thread_local! {
    static CONTEXT: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

/// Sets the fields of this thread's context.
fn enter(fields: &[(&str, &str)]) {
    line_fields::set(|field| {
        CONTEXT.with_borrow(|fields| fields.iter().for_each(|(name, value)| field(name, value)));
    });
    CONTEXT.set(fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect());
}

fn text(configure: impl FnOnce(LogOptions) -> LogOptions, work: impl FnOnce()) -> String {
    let buffer = SharedBuffer::new();
    let builder = JsonLayer::builder(&Resource::new("orders"))
        .registry(&Registry::new())
        .format(Format::Json)
        .writer(Writer::new("buffer", buffer.clone()));
    let layer = configure(builder).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    buffer.text()
}

fn line(configure: impl FnOnce(LogOptions) -> LogOptions, work: impl FnOnce()) -> Json {
    serde_json::from_str(&text(configure, work)).unwrap()
}

#[test]
fn a_line_of_each_profile_has_the_fields_of_the_context() {
    for (profile, pointer) in [
        (Profile::Native, "/metadata/tenant.id"),
        (Profile::Otel, "/attributes/tenant.id"),
        (Profile::Ecs, "/labels/tenant_id"),
        (Profile::Gcp, "/metadata/tenant.id"),
    ] {
        enter(&[("tenant.id", "acme \"1\"")]);
        let found = line(|logs| logs.profile(profile), || info!("paid"));
        assert_eq!(found.pointer(pointer), Some(&json!("acme \"1\"")), "{profile:?}: {found}");
        enter(&[]);
        let found = line(|logs| logs.profile(profile), || info!("paid"));
        assert_eq!(found.pointer(pointer), None, "{profile:?}: {found}");
    }
}

#[test]
fn fields_of_the_event_and_its_spans_win_and_static_ones_lose() {
    enter(&[("tenant.id", "context"), ("region", "context"), ("plan", "context"), ("plan", "second")]);
    let with_static = |logs: LogOptions| logs.field("plan", "static");
    let found = line(with_static, || {
        let _outer = info_span!("request", region = "span").entered();
        let _inner = info_span!("pay").entered();
        info!(tenant.id = "event", "paid");
    });
    assert_eq!(found["metadata"], json!({"tenant.id": "event", "region": "span", "plan": "context"}));
}

#[test]
fn a_name_of_a_reserved_key_fills_it_and_directives_are_ignored() {
    enter(&[
        ("request_id", "r-1"),
        ("path", "/context"),
        ("message", "forged"),
        ("level", "forged"),
        ("radiosonde.level", "fatal"),
        ("otel.name", "hidden"),
    ]);
    let found = line(|logs| logs, || info!(url.path = "/event", "paid"));
    assert_eq!(found["level"], "INFO");
    assert_eq!((&found["message"], &found["request_id"]), (&json!("paid"), &json!("r-1")));
    assert_eq!(found["path"], "/event");
    assert_eq!(found["metadata"], json!({"message": "forged", "level": "forged"}));
}

#[test]
fn fields_of_the_context_are_redacted_and_counted() {
    enter(&[("session_token", "hunter2"), ("card", "4111 1111 1111 1111"), ("password", "hunter2")]);
    let registry = Registry::new();
    let redaction = Redaction::default().detect(Detector::CardNumber);
    let found = line(
        |logs| logs.registry(&registry).redaction(redaction),
        || info!(password = "the event's", "paid"),
    );
    let hidden = json!("[redacted]");
    assert_eq!(
        found["metadata"],
        json!({"password": hidden, "session_token": hidden, "card": hidden}),
        "{found}"
    );
    let redacted = |by| registry.snapshot().value("radiosonde_log_redacted_total", &[("by", by)]);
    assert_eq!((redacted("key"), redacted("detector")), (Some(2.0), Some(1.0)));
}

#[test]
fn limits_of_a_line_hold_for_fields_of_the_context() {
    enter(&[("tenant.id", &"x".repeat(5000))]);
    let written = text(|logs| logs.max_line_bytes(3000), || info!("paid"));
    assert!(written.len() <= 3000 && written.contains("\"truncated\":true"), "{written}");
    serde_json::from_str::<Json>(&written).unwrap();

    enter(&[(&"n".repeat(300), "too long"), ("a", "1"), ("b", "2"), ("user_id", "u")]);
    let found = line(|logs| logs.max_fields(2), || info!("paid"));
    assert_eq!(
        (&found["metadata"], &found["user_id"], &found["truncated"]),
        (&json!({"a": "1"}), &json!("u"), &json!(true)),
        "the message is the first of two fields"
    );
}

#[test]
fn a_field_that_a_span_had_no_room_for_is_not_shown_with_a_farther_value() {
    enter(&[("tenant.id", "context"), ("user_id", "u")]);
    let found = line(
        |logs| logs.max_fields(2),
        || {
            let _outer = info_span!("request", a = 1, tenant.id = "span").entered();
            info!("paid");
        },
    );
    assert_eq!(found["metadata"], json!({"a": 1}));
    assert_eq!((&found["user_id"], &found["truncated"]), (&json!("u"), &json!(true)));
}

#[test]
fn an_event_with_an_explicit_parent_has_no_fields_of_the_thread() {
    enter(&[("tenant.id", "acme")]);
    let found = line(|logs| logs, || info!(parent: None::<tracing::Id>, "paid"));
    assert_eq!(found.get("metadata"), None);
    let found = line(
        |logs| logs,
        || {
            let other = info_span!("other", order = 7);
            info!(parent: &other, "paid");
        },
    );
    assert_eq!(found["metadata"], json!({"order": 7}));
}

#[test]
fn sinks_and_lines_for_people_have_the_fields_of_the_context() {
    #[derive(Default)]
    struct Kept(Mutex<Vec<String>>);
    impl LineSink for Kept {
        fn accept(&self, line: &Line<'_>) {
            let mut kept = self.0.lock().unwrap();
            kept.push(format!("request_id {:?}", line.request_id()));
            kept.extend(line.attributes().map(|(name, value)| format!("{name}={}", value.text())));
        }
    }
    enter(&[("tenant.id", "acme"), ("request_id", "r-1")]);
    let kept = Arc::new(Kept::default());
    let written = text(
        |logs| logs.format(Format::Pretty).colors(false).field("region", "eu-1").sink(Arc::clone(&kept)),
        || {
            let _span = info_span!("request", order = 7).entered();
            info!(price = 1, "paid");
        },
    );
    assert!(
        written.ends_with("paid price=1 in request{order=7} tenant.id=acme request_id=r-1\n"),
        "{written}"
    );
    let kept = kept.0.lock().unwrap();
    let expected =
        ["request_id Some(\"r-1\")", "price=1", "order=7", "tenant.id=acme", "request_id=r-1", "region=eu-1"];
    assert_eq!(*kept, expected);
}

#[test]
fn a_line_at_fatal_has_the_fields_too() {
    enter(&[("tenant.id", "acme")]);
    let found = line(|logs| logs, || fatal!("gone"));
    assert_eq!((&found["level"], &found["metadata"]), (&json!("FATAL"), &json!({"tenant.id": "acme"})));
}

#[test]
fn a_line_with_fields_of_the_context_allocates_nothing() {
    enter(&[("tenant.id", "acme"), ("user_id", "u-1")]);
    let mut found = 1.0;
    text(
        |logs| logs.writer(Writer::new("nowhere", io::sink())),
        || found = CountingAllocator::per_call(|| info!(price = 1, "paid")),
    );
    // The buffer that the line is kept in grows a few times.
    assert!(found < 0.1, "{found} allocations per line");
}
