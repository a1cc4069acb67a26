//! The golden signals of messages.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::Outcome;
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_signals::{GoldenSignals, Messaging, MessagingNames};
use radiosonde_testkit::ManualClock;

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
    for topic in 0..202 {
        kafka.publish(&format!("devices/{topic}")).track().complete();
    }
    assert_lines(
        &registry,
        &[
            "messaging_messages_total{direction=\"publish\",system=\"kafka\",topic=\"devices/199\"} 1",
            "messaging_messages_total{direction=\"publish\",system=\"kafka\",topic=\"_overflow\"} 2",
        ],
    );
}
