//! "Valtronics": devices, their telemetry and their alerts, under a namespace.

use radiosonde_metrics::Registry;
use radiosonde_signals::{DatabaseNames, Messaging, MessagingNames};
use radiosonde_tower::ServerNames;

use crate::guides::doors::{query, serve};
use crate::guides::table::{Door, Kept, counter, gauge, histogram};

pub(crate) const GUIDE: &[Door] = &[
    Door {
        helper: "radiosonde_tower::ServerLayer, ServerNames::prefix",
        make: http,
        metrics: &[
            counter("valtronics_api_requests_total", &["method", "endpoint", "status"], "", 2.0),
            histogram("valtronics_api_request_duration_seconds", &["method", "endpoint"], "seconds", 2.0),
        ],
    },
    Door {
        helper: "radiosonde_signals::Database, DatabaseNames::by_state, namespace",
        make: database,
        metrics: &[gauge("valtronics_database_connections", &["state=used|idle|max", "+pool"], "", 25.0)],
    },
    Door {
        helper: "radiosonde_signals::Messaging, MessagingNames::per_system, namespace",
        make: mqtt,
        metrics: &[counter(
            "valtronics_mqtt_messages_total",
            &["topic", "direction=publish|subscribe"],
            "",
            3.0,
        )],
    },
];

fn http(registry: &Registry) -> Kept {
    let buckets = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0];
    serve(registry, ServerNames::classic().prefix("valtronics_api"), &buckets)
}

fn database(registry: &Registry) -> Kept {
    query(registry, DatabaseNames::by_state(), "valtronics")
}

fn mqtt(registry: &Registry) -> Kept {
    let mqtt = Messaging::builder("mqtt").names(MessagingNames::per_system()).namespace("valtronics");
    let mqtt = mqtt.registry(registry).build().unwrap();
    mqtt.publish("alerts").track().complete();
    mqtt.process("telemetry").set_items(2).track().complete();
    Box::new(())
}
