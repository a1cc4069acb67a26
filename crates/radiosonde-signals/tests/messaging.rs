//! The golden signals of messages.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod spans;

use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::Outcome;
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_signals::{GoldenSignals, Messaging, MessagingNames};
use radiosonde_testkit::ManualClock;
use spans::Spans;

#[track_caller]
fn assert_lines(registry: &Registry, lines: &[&str]) {
    let text = registry.text();
    for line in lines {
        assert!(text.lines().any(|other| other == *line), "no {line} in {text}");
    }
}

fn kafka(registry: &Registry, clock: &ManualClock) -> Messaging {
    let builder = Messaging::builder("kafka").registry(registry).clock(Arc::new(clock.clone()));
    builder.buckets(Buckets::from_static(&[0.1, 1.0])).build().unwrap()
}

#[test]
fn messages_are_counted_by_topic_and_direction() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let kafka = kafka(&registry, &clock);
    let sent = kafka.publish("orders").set_amount(512).run(|| {
        clock.advance(Duration::from_millis(500));
        Ok::<_, String>(())
    });
    assert!(sent.is_ok());
    assert!(kafka.process("orders").run(|| Err::<(), _>("no such order")).is_err());
    drop(kafka.process("orders").track());
    assert_lines(
        &registry,
        &[
            "messaging_messages_total{direction=\"publish\",system=\"kafka\",topic=\"orders\"} 1",
            "messaging_messages_total{direction=\"subscribe\",system=\"kafka\",topic=\"orders\"} 2",
            "messaging_errors_total{direction=\"publish\",kind=\"other\",system=\"kafka\",topic=\"orders\"} 0",
            "messaging_errors_total{direction=\"subscribe\",kind=\"other\",system=\"kafka\",topic=\"orders\"} 1",
            "messaging_bytes_total{direction=\"publish\",system=\"kafka\",topic=\"orders\"} 512",
            "messaging_bytes_total{direction=\"subscribe\",system=\"kafka\",topic=\"orders\"} 0",
            "messaging_duration_seconds_sum{direction=\"publish\",system=\"kafka\",topic=\"orders\"} 0.5",
            "messaging_duration_seconds_count{direction=\"subscribe\",system=\"kafka\",topic=\"orders\"} 2",
            "messaging_in_flight{direction=\"publish\",system=\"kafka\",topic=\"orders\"} 0",
        ],
    );
    assert!(!registry.text().contains("direction=\"receive\""), "nothing was received");
}

#[test]
fn each_message_of_a_batch_counts_and_fails_with_it() {
    let registry = Registry::new();
    let kafka = kafka(&registry, &ManualClock::new());
    kafka.process("orders").set_items(3).track().complete();
    kafka.process("orders").set_items(4).track().end(Outcome::TimedOut);
    let mut received = kafka.receive("orders").track();
    received.work_mut().set_items(7).set_amount(70);
    received.complete();
    kafka.receive("orders").set_items(0).track().complete();
    kafka.receive("orders").set_items(0).track().fail("no broker");
    assert_lines(
        &registry,
        &[
            "messaging_messages_total{direction=\"subscribe\",system=\"kafka\",topic=\"orders\"} 7",
            "messaging_errors_total{direction=\"subscribe\",kind=\"timeout\",system=\"kafka\",topic=\"orders\"} 4",
            "messaging_duration_seconds_count{direction=\"subscribe\",system=\"kafka\",topic=\"orders\"} 2",
            "messaging_messages_total{direction=\"receive\",system=\"kafka\",topic=\"orders\"} 7",
            "messaging_bytes_total{direction=\"receive\",system=\"kafka\",topic=\"orders\"} 70",
            "messaging_errors_total{direction=\"receive\",kind=\"other\",system=\"kafka\",topic=\"orders\"} 1",
        ],
    );
}

#[test]
fn a_system_may_have_metrics_of_its_own_name() {
    let registry = Registry::new();
    let mqtt = Messaging::builder("mqtt").names(MessagingNames::per_system()).namespace("valtronics");
    let mqtt = mqtt.registry(&registry).build().unwrap();
    mqtt.publish("alerts").track().complete();
    mqtt.process("alerts").track().complete();
    assert_lines(
        &registry,
        &[
            "# TYPE valtronics_mqtt_messages_total counter",
            "valtronics_mqtt_messages_total{direction=\"publish\",topic=\"alerts\"} 1",
            "valtronics_mqtt_messages_total{direction=\"subscribe\",topic=\"alerts\"} 1",
        ],
    );
    let descriptors = registry.descriptors();
    let names: Vec<_> = descriptors.iter().map(|descriptor| descriptor.name()).collect();
    let expected = ["bytes_total", "duration_seconds", "errors_total", "in_flight", "messages_total"];
    assert_eq!(names, expected.map(|suffix| format!("valtronics_mqtt_{suffix}")));
    for descriptor in &descriptors {
        let directions: Vec<_> = descriptor.label_values("direction").collect();
        assert_eq!(directions, ["publish", "receive", "subscribe"], "{}", descriptor.name());
    }
}

#[test]
fn its_golden_signals_leave_the_wait_for_messages_out_of_latency() {
    let registry = Registry::new();
    let kafka = kafka(&registry, &ManualClock::new());
    let mqtt = Messaging::builder("mqtt").registry(&registry).buckets(Buckets::from_static(&[0.1, 1.0]));
    let mqtt = mqtt.build().unwrap();
    mqtt.publish("alerts").track().complete();
    kafka.publish("orders").track().complete();
    kafka.receive("orders").set_items(2).track().fail("no broker");
    let open = kafka.process("orders").track();
    let (signals, now) = (kafka.signals(), registry.snapshot());
    assert_eq!((signals.kind(), signals.name()), ("messaging", "kafka"));
    assert_eq!(signals.latency().unwrap().sum(&now), 1.0);
    assert_eq!(signals.traffic().unwrap().sum(&now), 3.0);
    assert_eq!(signals.traffic().unwrap().kind(), Kind::Counter);
    assert_eq!(signals.errors().unwrap().sum(&now), 2.0);
    assert_eq!(signals.saturation().unwrap().in_use().sum(&now), 1.0);
    assert_eq!(signals.saturation().unwrap().share(&now), None);
    assert_eq!(GoldenSignals::of(&registry), [signals.clone(), mqtt.signals().clone()]);
    drop(open);
}

#[test]
fn topics_beyond_the_limit_share_one() {
    let registry = Registry::new();
    let kafka = kafka(&registry, &ManualClock::new());
    let (seen, guard) = Spans::install();
    for topic in 0..202 {
        kafka.publish(&format!("devices/{topic}")).track().complete();
    }
    let last = seen.take().pop().unwrap();
    drop(guard);
    assert_eq!(last.name, "publish _overflow");
    assert_eq!(last.values.get("messaging.destination.name"), "str _overflow");
    assert_lines(
        &registry,
        &[
            "messaging_messages_total{direction=\"publish\",system=\"kafka\",topic=\"devices/199\"} 1",
            "messaging_messages_total{direction=\"publish\",system=\"kafka\",topic=\"_overflow\"} 2",
        ],
    );
}

#[test]
fn spans_have_the_attributes_and_kinds_of_messaging() {
    let (seen, _guard) = Spans::install();
    let kafka = kafka(&Registry::new(), &ManualClock::new());
    let operations = [kafka.publish("orders"), kafka.receive("orders"), kafka.process("orders")];
    let spans = operations.map(|operation| {
        operation.track().complete();
        seen.one()
    });
    let expected = [
        ("publish", "send", "producer"),
        ("receive", "receive", "client"),
        ("process", "process", "consumer"),
    ];
    for (span, (operation, operation_type, kind)) in spans.iter().zip(expected) {
        assert_eq!(span.name, format!("{operation} orders"));
        assert_eq!(span.values.get("messaging.system"), "str kafka");
        assert_eq!(span.values.get("messaging.destination.name"), "str orders");
        assert_eq!(span.values.get("messaging.operation.name"), format!("str {operation}"));
        assert_eq!(span.values.get("messaging.operation.type"), format!("str {operation_type}"));
        assert_eq!(span.values.get("otel.kind"), format!("str {kind}"));
    }
    let line = seen.events().pop().unwrap();
    assert_eq!(line.get("operation"), "str process orders");
}

#[test]
fn a_call_runs_in_the_span_that_its_caller_makes() {
    let registry = Registry::new();
    let kafka = kafka(&registry, &ManualClock::new());
    let (seen, _guard) = Spans::install();
    let record = kafka.process("orders").track_with(|open| tracing::info_span!("sender").in_scope(open));
    assert_eq!(record.run(|| Ok::<_, String>(7)), Ok(7));
    let record = kafka.process("orders").track_with(|open| open());
    let failed = std::pin::pin!(record.run_async(async { Err::<(), _>("late") }));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert_eq!(failed.poll(&mut context), std::task::Poll::Ready(Err("late")));
    let spans = seen.take();
    let parents: Vec<_> = spans.iter().map(|span| (&*span.name, span.parent.as_deref())).collect();
    assert_eq!(parents, [("sender", None), ("process orders", Some("sender")), ("process orders", None)]);
    assert_lines(
        &registry,
        &[
            "messaging_messages_total{direction=\"subscribe\",system=\"kafka\",topic=\"orders\"} 2",
            "messaging_errors_total{direction=\"subscribe\",kind=\"other\",system=\"kafka\",topic=\"orders\"} 1",
        ],
    );
}
