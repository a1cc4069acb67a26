//! The golden signals of connections and sessions.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::Outcome;
use radiosonde_metrics::Registry;
use radiosonde_signals::{ConnectionNames, Connections, GoldenSignals, Limit, Sessions};
use radiosonde_testkit::ManualClock;

#[track_caller]
fn assert_lines(registry: &Registry, lines: &[&str]) {
    let text = registry.text();
    for line in lines {
        assert!(text.lines().any(|other| other == *line), "no {line} in {text}");
    }
}

#[test]
fn a_connection_is_active_until_its_guard_is_dropped() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let websockets = Connections::builder("websocket").registry(&registry).max(8);
    let websockets = websockets.clock(Arc::new(clock.clone())).build().unwrap();
    let first = websockets.open();
    let second = websockets.open();
    clock.advance(Duration::from_secs(20));
    drop(first);
    assert_lines(
        &registry,
        &[
            "active_connections{protocol=\"websocket\"} 1",
            "max_connections{protocol=\"websocket\"} 8",
            "connections_opened_total{protocol=\"websocket\"} 2",
            "connections_closed_total{protocol=\"websocket\",reason=\"closed\"} 1",
            "connections_closed_total{protocol=\"websocket\",reason=\"error\"} 0",
            "connection_duration_seconds_sum{protocol=\"websocket\"} 20",
            "connection_duration_seconds_bucket{protocol=\"websocket\",le=\"10\"} 0",
            "connection_duration_seconds_bucket{protocol=\"websocket\",le=\"30\"} 1",
        ],
    );
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _second = second;
        resume_unwind(Box::new(()));
    }));
    assert_lines(
        &registry,
        &[
            "active_connections{protocol=\"websocket\"} 0",
            "connections_closed_total{protocol=\"websocket\",reason=\"panic\"} 1",
        ],
    );
}

#[test]
fn a_connection_is_closed_for_a_reason() {
    let registry = Registry::new();
    let mqtt = Connections::builder("mqtt").registry(&registry).build().unwrap();
    mqtt.open().fail("reset by peer");
    for outcome in [Outcome::TimedOut, Outcome::Shed, Outcome::Aborted, Outcome::Completed] {
        mqtt.open().end(outcome);
    }
    assert_lines(
        &registry,
        &[
            "connections_closed_total{protocol=\"mqtt\",reason=\"error\"} 1",
            "connections_closed_total{protocol=\"mqtt\",reason=\"timeout\"} 1",
            "connections_closed_total{protocol=\"mqtt\",reason=\"shed\"} 1",
            "connections_closed_total{protocol=\"mqtt\",reason=\"panic\"} 0",
            "connections_closed_total{protocol=\"mqtt\",reason=\"closed\"} 2",
        ],
    );
    let descriptors = registry.descriptors();
    let closed =
        descriptors.iter().find(|descriptor| descriptor.name() == "connections_closed_total").unwrap();
    let reasons: Vec<_> = closed.label_values("reason").collect();
    assert_eq!(reasons, ["closed", "error", "panic", "timeout", "shed"]);
}

#[test]
fn a_limit_makes_the_share_in_use_known() {
    let registry = Registry::new();
    let websockets = Connections::builder("websocket").max(8).registry(&registry).build().unwrap();
    let mqtt = Connections::builder("mqtt").registry(&registry).build().unwrap();
    let open = [websockets.open(), websockets.open(), mqtt.open()];
    mqtt.open().fail("reset by peer");
    drop(mqtt.open());
    let now = registry.snapshot();
    let signals = websockets.signals();
    assert_eq!((signals.kind(), signals.name()), ("connections", "websocket"));
    assert_eq!(signals.saturation().unwrap().share(&now), Some(0.25));
    assert_eq!(signals.traffic().unwrap().sum(&now), 2.0);
    assert_eq!(signals.errors().unwrap().sum(&now), 0.0);
    assert_eq!(signals.latency(), None);
    assert_eq!(mqtt.signals().errors().unwrap().sum(&now), 1.0);
    assert_eq!(mqtt.signals().saturation().unwrap().limit(), &Limit::Unknown);
    assert_eq!(GoldenSignals::of(&registry), [mqtt.signals().clone(), signals.clone()]);
    assert_eq!(now.value("max_connections", &[("protocol", "mqtt")]), None, "no limit is not a limit of 0");
    drop(open);
}

#[test]
fn the_only_connections_need_no_label() {
    let registry = Registry::new();
    let names = ConnectionNames::unlabelled();
    let api = Connections::builder("api").names(names).max(100).registry(&registry);
    let api = api.namespace("aetherra").build().unwrap();
    let open = api.open();
    assert_lines(
        &registry,
        &[
            "# TYPE aetherra_active_connections gauge",
            "aetherra_active_connections 1",
            "aetherra_max_connections 100",
            "aetherra_connections_closed_total{reason=\"closed\"} 0",
        ],
    );
    assert_eq!(api.signals().saturation().unwrap().share(&registry.snapshot()), Some(0.01));
    drop(open);
}

#[test]
fn sessions_are_counted_like_connections() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let sessions = Sessions::builder("customer").registry(&registry).clock(Arc::new(clock.clone()));
    let sessions = sessions.build().unwrap();
    let mut session = sessions.open();
    let kept = sessions.open();
    clock.advance(Duration::from_secs(1800));
    session.end(Outcome::TimedOut);
    assert_lines(
        &registry,
        &[
            "active_sessions{kind=\"customer\"} 1",
            "sessions_opened_total{kind=\"customer\"} 2",
            "sessions_closed_total{kind=\"customer\",reason=\"timeout\"} 1",
            "session_duration_seconds_sum{kind=\"customer\"} 1800",
        ],
    );
    let signals = sessions.signals();
    assert_eq!((signals.kind(), signals.name()), ("sessions", "customer"));
    assert_eq!(signals.traffic().unwrap().sum(&registry.snapshot()), 2.0);
    assert_eq!(signals.saturation().unwrap().share(&registry.snapshot()), None);
    drop(kept);

    let registry = Registry::new();
    let sessions = Sessions::builder("user").unlabelled().registry(&registry).build().unwrap();
    let _session = sessions.open();
    assert_lines(&registry, &["active_sessions 1"]);
}
