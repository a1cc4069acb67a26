//! What an Alertmanager is sent, and how its responses are read.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use radiosonde_alerts::{
    Alert, AlertHandler as _, Alertmanager, AlertmanagerBuildError, AlertmanagerError, AlertmanagerOptions,
    InvalidAlertLabelKind, NewSilence, Severity, SilenceMatcher, SilenceState,
};
use radiosonde_core::{Clock as _, Resource};
use radiosonde_delivery::{Delivery, HttpOptions, Retry, SinkOptions};
use radiosonde_metrics::Registry;
use radiosonde_testkit::{HttpFake, ManualClock, Reaction, RecordedRequest};
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_secs(60);

fn delivery() -> Delivery {
    Delivery::builder().registry(&Registry::new()).start().unwrap()
}

fn alert(name: &str) -> Alert {
    Alert::new(name, Severity::Critical, ManualClock::new().now())
}

fn body(request: &RecordedRequest) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

/// An Alertmanager's sink that sends at once.
fn at_once() -> SinkOptions {
    let ms = Duration::from_millis(1);
    SinkOptions::default().batch_age(Duration::ZERO).retry(Retry::new().base(ms).cap(ms).max_attempts(5))
}

fn send_all(alertmanager: &Alertmanager, alerts: &[Alert]) {
    alerts.iter().for_each(|alert| alertmanager.handle(alert));
}

#[test]
fn alerts_are_posted_in_one_batch_as_the_api_defines_them() {
    let server = HttpFake::start([Reaction::status(200)]);
    let delivery = delivery();
    let clock = ManualClock::new();
    let options = AlertmanagerOptions::new(server.url())
        .label("cluster", "eu-1")
        .label("zone", "")
        .resource(
            &Resource::builder()
                .attributes_from("service.name=orders,service.instance.id=o7")
                .unwrap()
                .build(),
        )
        .generator_url("https://orders.example/dashboard?from=1h")
        .http(HttpOptions::new().bearer_token("t0ken"))
        .clock(Arc::new(clock.clone()));
    let alertmanager = options.build(&delivery).unwrap();
    clock.advance(MINUTE);
    send_all(
        &alertmanager,
        &[
            alert("Down").label("endpoint", "/orders").annotation("summary", "no orders"),
            alert("Slow").label("service", "shop"),
        ],
    );
    assert_eq!(delivery.shutdown_blocking(DEADLINE).delivered(), 2);

    let requests = server.requests();
    assert_eq!(requests.len(), 1, "one batch");
    assert_eq!((requests[0].method(), requests[0].path()), ("POST", "/api/v2/alerts"));
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    assert_eq!(requests[0].header("authorization"), Some("Bearer t0ken"));
    let labels = |name: &str, service: &str| json!({"alertname": name, "severity": "critical", "cluster": "eu-1", "instance": "o7", "service": service});
    let mut down = labels("Down", "orders");
    down["endpoint"] = json!("/orders");
    let common = |labels: Value, annotations: Value| {
        json!({
            "labels": labels, "annotations": annotations, "generatorURL": "https://orders.example/dashboard?from=1h",
            "startsAt": "2026-01-01T00:00:00.000Z", "endsAt": "2026-01-01T00:05:00.000Z",
        })
    };
    assert_eq!(
        body(&requests[0]),
        json!([common(down, json!({"summary": "no orders"})), common(labels("Slow", "shop"), json!({}))])
    );
}

#[test]
fn a_repeated_alert_ends_later_than_before() {
    let server = HttpFake::start([Reaction::status(200)]);
    let delivery = delivery();
    let clock = ManualClock::new();
    let options = AlertmanagerOptions::new(server.url()).valid_for(2 * MINUTE).sink(at_once());
    let alertmanager = options.clock(Arc::new(clock.clone())).build(&delivery).unwrap();
    alertmanager.handle(&alert("Down"));
    server.wait_for(1, DEADLINE).unwrap();
    clock.advance(MINUTE);
    alertmanager.repeat(&alert("Down"));
    let requests = server.wait_for(2, DEADLINE).unwrap();
    let ends = |at: usize| body(&requests[at])[0]["endsAt"].clone();
    assert_eq!((ends(0), ends(1)), (json!("2026-01-01T00:02:00.000Z"), json!("2026-01-01T00:03:00.000Z")));
    assert_eq!(body(&requests[0])[0].get("generatorURL"), None);
}

#[test]
fn each_of_several_alertmanagers_gets_the_alert() {
    let (up, down) = (HttpFake::start([Reaction::status(200)]), HttpFake::nobody());
    let delivery = delivery();
    let to = |url: String, name| {
        AlertmanagerOptions::new(url).sink(at_once().name(name)).build(&delivery).unwrap()
    };
    let (first, second) = (to(down, "alertmanager-1"), to(up.url(), "alertmanager-2"));
    for alertmanager in [&first, &second] {
        alertmanager.handle(&alert("Down"));
    }
    delivery.shutdown_blocking(DEADLINE);
    assert_eq!(first.report().dropped_for("retries_exhausted"), 1);
    assert_eq!(second.report().to_string(), "alertmanager-2: 1 produced, 1 delivered, 0 dropped, 0 left");
}

#[test]
fn one_invalid_alert_does_not_take_its_batch_along() {
    let server = HttpFake::answering(|request| {
        let is_bad = String::from_utf8_lossy(request.body()).contains("Bad");
        Reaction::status(if is_bad { 400 } else { 200 }).body("invalid label set")
    });
    let delivery = delivery();
    let alertmanager = AlertmanagerOptions::new(server.url()).build(&delivery).unwrap();
    send_all(&alertmanager, &["A", "B", "Bad", "C", "D"].map(alert));
    alertmanager.handle(&alert("E").label("", "nameless"));
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "alertmanager: 6 produced, 4 delivered, 2 dropped (invalid 2), 0 left");
}

#[test]
fn an_alertmanager_that_is_busy_gets_the_same_request_again() {
    let server = HttpFake::start([Reaction::status(503), Reaction::close(), Reaction::status(200)]);
    let delivery = delivery();
    let alertmanager = AlertmanagerOptions::new(server.url()).sink(at_once()).build(&delivery).unwrap();
    alertmanager.handle(&alert("Down"));
    server.wait_for(3, DEADLINE).unwrap();
    assert_eq!(delivery.shutdown_blocking(DEADLINE).delivered(), 1);
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.body() == requests[0].body()));
}

#[test]
fn the_queue_is_bounded_and_counts_what_it_refuses() {
    let server = HttpFake::start([Reaction::hang()]);
    let delivery = delivery();
    let options = AlertmanagerOptions::new(server.url()).sink(SinkOptions::default().max_items(3));
    let alertmanager = options.build(&delivery).unwrap();
    for _ in 0..5 {
        alertmanager.handle(&alert("Down"));
    }
    assert_eq!(alertmanager.report().dropped_for("queue_full"), 2);
    delivery.shutdown_blocking(Duration::ZERO);
}

#[test]
fn the_path_of_the_api_in_the_url_is_not_doubled() {
    for (given, path) in [
        ("", "/api/v2/alerts"),
        ("/", "/api/v2/alerts"),
        ("/api/v2", "/api/v2/alerts"),
        ("/api/v2/alerts", "/api/v2/alerts"),
        ("/gate/", "/gate/api/v2/alerts"),
    ] {
        let server = HttpFake::start([Reaction::status(200)]);
        let delivery = delivery();
        let alertmanager =
            AlertmanagerOptions::new(format!("{}{given}", server.url())).build(&delivery).unwrap();
        alertmanager.handle(&alert("Down"));
        delivery.shutdown_blocking(DEADLINE);
        assert_eq!(server.requests()[0].path(), path, "{given}");
    }
}

#[test]
fn settings_that_cannot_work_are_refused_by_build() {
    let delivery = delivery();
    let options = || AlertmanagerOptions::new("http://127.0.0.1:9093");
    let error = |options: AlertmanagerOptions| options.build(&delivery).unwrap_err();
    assert!(matches!(error(AlertmanagerOptions::new("127.0.0.1:9093")), AlertmanagerBuildError::Endpoint(_)));
    assert!(matches!(error(AlertmanagerOptions::default()), AlertmanagerBuildError::Endpoint(_)));
    assert!(matches!(error(options().generator_url("/orders")), AlertmanagerBuildError::GeneratorUrl(_)));
    let refused = error(options().label("a-b", "x"));
    let AlertmanagerBuildError::Label(label) = &refused else { panic!("{refused}") };
    assert_eq!((label.name(), label.kind()), ("a-b", InvalidAlertLabelKind::Name));
    for seconds in [0, 119, 24 * 3600 + 1] {
        let refused = error(options().valid_for(Duration::from_secs(seconds)));
        assert_eq!(
            refused.to_string(),
            format!("invalid valid_for {:?}: expected 2m to 1d", Duration::from_secs(seconds))
        );
    }
    assert!(options().build(&delivery).is_ok());
    assert!(matches!(error(options()), AlertmanagerBuildError::Sink(_)), "the name is taken");
    assert!(matches!(AlertmanagerOptions::new("x").client(), Err(AlertmanagerBuildError::Endpoint(_))));
}

#[test]
fn a_silence_is_created_listed_and_ended() {
    let listed = r#"[{"id":"3b2f-1","status":{"state":"active"},"updatedAt":"2026-01-01T00:00:00.000Z","comment":"deploy",
        "createdBy":"ann","startsAt":"2026-01-01T00:00:00.000Z","endsAt":"2026-01-01T00:30:00.000Z",
        "matchers":[{"isEqual":false,"isRegex":true,"name":"team","value":"a|b"}],"annotations":{}}]"#;
    let server = HttpFake::start([
        Reaction::status(200).body(r#"{"silenceID":"3b2f-1"}"#),
        Reaction::status(200).body(listed),
        Reaction::status(200),
    ]);
    let clock = ManualClock::new();
    let client = AlertmanagerOptions::new(server.url()).clock(Arc::new(clock.clone())).client().unwrap();
    let matcher = SilenceMatcher::not_matches("team", "a|b");
    let silence = NewSilence::new(MINUTE * 30, "deploy").created_by("ann").matching(matcher.clone());
    let id = client.silence(&silence).wait().unwrap();
    let silences = client.silences().wait().unwrap();
    client.expire(&id).wait().unwrap();

    let requests = server.requests();
    let sent: Vec<_> = requests.iter().map(|request| (request.method(), request.path())).collect();
    assert_eq!(
        sent,
        [("POST", "/api/v2/silences"), ("GET", "/api/v2/silences"), ("DELETE", "/api/v2/silence/3b2f-1")]
    );
    assert_eq!(
        body(&requests[0]),
        json!({
            "matchers": [{"name": "team", "value": "a|b", "isRegex": true, "isEqual": false}], "createdBy": "ann",
            "comment": "deploy", "startsAt": "2026-01-01T00:00:00.000Z", "endsAt": "2026-01-01T00:30:00.000Z",
        })
    );
    assert_eq!((silences.len(), silences[0].id(), silences[0].state()), (1, "3b2f-1", SilenceState::Active));
    assert_eq!((silences[0].created_by(), silences[0].comment()), ("ann", "deploy"));
    assert_eq!(silences[0].matchers(), [matcher]);
    assert_eq!((silences[0].starts_at(), silences[0].ends_at()), (clock.now(), clock.now() + MINUTE * 30));
}

#[test]
fn alerts_are_listed_with_what_holds_them_back() {
    let listed = r#"[{"annotations":{"summary":"x"},"endsAt":"2026-01-01T00:04:00.000Z","fingerprint":"ab","receivers":[{"name":"page"}],
        "startsAt":"2026-01-01T00:00:00.000Z","status":{"inhibitedBy":["cd"],"silencedBy":["3b2f"],"mutedBy":[],"state":"suppressed"},
        "updatedAt":"2026-01-01T00:00:00.000Z","labels":{"alertname":"Slow","severity":"warning"}}]"#;
    let server = HttpFake::start([Reaction::status(200).body(listed)]);
    let alerts = AlertmanagerOptions::new(server.url()).client().unwrap().alerts().wait().unwrap();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!((alert.name(), alert.labels()["severity"].as_str()), ("Slow", "warning"));
    assert_eq!(
        (alert.silenced_by(), alert.inhibited_by()),
        (&["3b2f".to_owned()][..], &["cd".to_owned()][..])
    );
    assert_eq!((alert.receivers(), alert.starts_at()), (&["page".to_owned()][..], ManualClock::new().now()));
    assert_eq!(alert.annotations()["summary"], "x");
}

#[test]
fn what_the_client_cannot_do_is_a_typed_error() {
    let server = HttpFake::start([
        Reaction::status(400).body("\"silence invalid:\\nno matcher\""),
        Reaction::status(200).body("<html>"),
        Reaction::status(200).body(r#"[{"id":"a","status":{"state":"active"},"matchers":[],"startsAt":"soon","endsAt":"later","createdBy":"","comment":""}]"#),
        Reaction::hang(),
    ]);
    let options = AlertmanagerOptions::new(server.url());
    let client = options.sink(SinkOptions::default().timeout(Duration::from_millis(50))).client().unwrap();
    let refused = client.silence(&NewSilence::new(MINUTE, "x")).wait().unwrap_err();
    assert_eq!(refused.to_string(), "alertmanager answered 400: silence invalid:\\nno matcher");
    assert!(matches!(client.silences().wait().unwrap_err(), AlertmanagerError::Malformed(_)));
    assert!(matches!(client.silences().wait().unwrap_err(), AlertmanagerError::Malformed(_)));
    assert!(matches!(client.alerts().wait().unwrap_err(), AlertmanagerError::Request(_)));
    for id in ["", "a/b", "a?b", "ä"] {
        assert!(matches!(client.expire(id).wait().unwrap_err(), AlertmanagerError::InvalidId { .. }), "{id}");
    }
    assert_eq!(server.requests().len(), 4, "an id that cannot exist is not sent");
}
