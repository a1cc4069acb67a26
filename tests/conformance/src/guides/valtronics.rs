//! "Valtronics": devices, their telemetry and their alerts, under a namespace.

use radiosonde_metrics::{LabelValue, Labels, Registry};
use radiosonde_signals::{
    BusinessMetric, ComponentState, DatabaseNames, Messaging, MessagingNames, SystemHealth,
};
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
        metrics: &[gauge(
            "valtronics_database_connections",
            &["state=used|idle|max", "+pool: distinguishes pools"],
            "",
            25.0,
        )],
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
    Door {
        helper: "radiosonde_signals::BusinessMetric, namespace, unconventional_name",
        make: business,
        metrics: &[
            // A gauge, in spite of its name.
            gauge("valtronics_devices_total", &["status=online|offline|error|warning"], "", 7.0),
            counter("valtronics_telemetry_points_total", &["device_type", "metric_name"], "", 3.0),
            counter("valtronics_alerts_total", &["severity", "alert_type"], "", 1.0),
        ],
    },
    Door {
        helper: "radiosonde_signals::SystemHealth, namespace",
        make: health,
        metrics: &[gauge("valtronics_system_health_score", &["component=broker|overall"], "", 160.0)],
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

#[derive(LabelValue)]
#[allow(dead_code, reason = "those that nothing has are exposed as well")]
enum Status {
    Online,
    Offline,
    Error,
    Warning,
}

#[derive(Labels)]
struct Device {
    status: Status,
}

#[derive(Labels)]
struct Point<'a> {
    device_type: &'a str,
    metric_name: &'a str,
}

#[derive(Labels)]
struct Alert<'a> {
    severity: &'a str,
    alert_type: &'a str,
}

fn business(registry: &Registry) -> Kept {
    let counter = |name, help| BusinessMetric::counter(name, help).namespace("valtronics").registry(registry);
    let devices = BusinessMetric::gauge("devices_total", "Known devices, by status.").unconventional_name();
    let devices = devices.namespace("valtronics").registry(registry).family().unwrap();
    devices.with(&Device { status: Status::Online }).set(7.0);
    let points = counter("telemetry_points_total", "Points of telemetry.").family().unwrap();
    points.with(&Point { device_type: "pump", metric_name: "pressure" }).inc_by(3);
    let alerts = counter("alerts_total", "Alerts raised.").family().unwrap();
    alerts.with(&Alert { severity: "critical", alert_type: "pressure" }).inc();
    Box::new(())
}

fn health(registry: &Registry) -> Kept {
    let system = SystemHealth::builder().namespace("valtronics").registry(registry).build().unwrap();
    system.component("broker").set_state(ComponentState::Degraded);
    Box::new(system)
}
