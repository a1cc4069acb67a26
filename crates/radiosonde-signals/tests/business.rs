//! Numbers of the business, under the names that existing dashboards read.

use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::error::RegisterErrorKind;
use radiosonde_metrics::exposition::Format;
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{LabelValue, Labels, Registry};
use radiosonde_signals::{BusinessMetric, GoldenSignals};

#[derive(LabelValue)]
enum Status {
    Online,
    Offline,
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

#[derive(Labels)]
struct Decision<'a> {
    action: &'a str,
    service: &'a str,
}

#[derive(Labels)]
struct Typed<'a> {
    #[label(rename = "type")]
    kind: &'a str,
}

#[derive(Labels)]
struct Test<'a> {
    test: &'a str,
}

/// The name, type and labels of a metric, as declared.
fn declared(registry: &Registry) -> Vec<String> {
    let row = |of: &radiosonde_metrics::Descriptor| {
        let labels: Vec<&str> = of.labels().collect();
        format!("{} {:?} {}", of.name(), of.kind(), labels.join(","))
    };
    registry.descriptors().iter().map(row).collect()
}

#[test]
fn the_numbers_of_the_guides_come_with_their_names_and_labels() {
    let registry = Registry::new();
    let counter = |name| BusinessMetric::counter(name, "Counted.").registry(&registry);
    let odd = |name| counter(name).unconventional_name();
    let gauge = |name| BusinessMetric::gauge(name, "Level.").registry(&registry).unconventional_name();
    // 000
    odd("test_counter").family::<Test<'_>>().unwrap().with(&Test { test: "true" }).inc();
    odd("error_counter").family::<Typed<'_>>().unwrap().with(&Typed { kind: "KeyError" }).inc();
    // 001
    let points = counter("telemetry_points_total").namespace("valtronics").family::<Point<'_>>().unwrap();
    points.with(&Point { device_type: "pump", metric_name: "rpm" }).inc_by(3);
    let alerts = counter("alerts_total").namespace("valtronics").family::<Alert<'_>>().unwrap();
    alerts.with(&Alert { severity: "critical", alert_type: "heat" }).inc();
    let devices = gauge("devices_total").namespace("valtronics").family::<Device>().unwrap();
    devices.with(&Device { status: Status::Online }).set(7.0);
    devices.with(&Device { status: Status::Offline }).set(1.0);
    // 002
    counter("user_registrations_total").build().unwrap().inc();
    let decisions = counter("scaling_decisions_total").family::<Decision<'_>>().unwrap();
    decisions.handle(&Decision { action: "scale_up", service: "backend" }).inc();
    // 003
    for name in ["orders_created_total", "payments_processed_total", "user_signups_total"] {
        counter(name).build().unwrap().inc_by(2);
    }
    // 004
    let events = counter("memory_events_total").namespace("aetherra").family::<Typed<'_>>().unwrap();
    events.with(&Typed { kind: "user_interaction" }).inc_by(128);
    let bytes = gauge("memory_bytes").namespace("aetherra").unit("bytes").family::<Typed<'_>>().unwrap();
    bytes.with(&Typed { kind: "events" }).set(134_217_728.0);
    gauge("memory_storage_bytes").namespace("aetherra").build().unwrap().set(1.0);
    gauge("memory_healthy").namespace("aetherra").build().unwrap().set(1.0);

    assert_eq!(
        declared(&registry),
        [
            "aetherra_memory_bytes Gauge type",
            "aetherra_memory_events_total Counter type",
            "aetherra_memory_healthy Gauge ",
            "aetherra_memory_storage_bytes Gauge ",
            "error_counter Counter type",
            "orders_created_total Counter ",
            "payments_processed_total Counter ",
            "scaling_decisions_total Counter action,service",
            "test_counter Counter test",
            "user_registrations_total Counter ",
            "user_signups_total Counter ",
            "valtronics_alerts_total Counter severity,alert_type",
            "valtronics_devices_total Gauge status",
            "valtronics_telemetry_points_total Counter device_type,metric_name",
        ]
    );
    let text = registry.text();
    for sample in [
        "test_counter{test=\"true\"} 1\n",
        "error_counter{type=\"KeyError\"} 1\n",
        "valtronics_telemetry_points_total{device_type=\"pump\",metric_name=\"rpm\"} 3\n",
        "valtronics_alerts_total{alert_type=\"heat\",severity=\"critical\"} 1\n",
        "valtronics_devices_total{status=\"online\"} 7\n",
        "valtronics_devices_total{status=\"offline\"} 1\n",
        "scaling_decisions_total{action=\"scale_up\",service=\"backend\"} 1\n",
        "payments_processed_total 2\n",
        "aetherra_memory_events_total{type=\"user_interaction\"} 128\n",
        "aetherra_memory_bytes{type=\"events\"} 134217728\n",
    ] {
        assert!(text.contains(sample), "{sample}\n{text}");
    }
}

#[test]
fn labels_that_can_be_listed_begin_at_zero_and_are_in_the_catalogue() {
    let registry = Registry::new();
    let devices = BusinessMetric::gauge("devices", "Known devices.").registry(&registry);
    devices.family::<Device>().unwrap();
    assert!(registry.text().contains("devices{status=\"offline\"} 0\ndevices{status=\"online\"} 0\n"));
    let values: Vec<_> = registry.descriptors()[0].label_values("status").map(str::to_owned).collect();
    assert_eq!(values, ["online", "offline"]);
    let orders = BusinessMetric::counter("orders_total", "Orders.").registry(&registry).build().unwrap();
    assert!(registry.text().contains("orders_total 0\n"));
    drop(orders);
}

#[test]
fn an_event_in_a_sampled_span_is_the_exemplar_of_its_counter() {
    let registry = Registry::new();
    let orders = BusinessMetric::counter("orders_total", "Orders.").registry(&registry).build().unwrap();
    let sales = BusinessMetric::amount("sales_euros_total", "Sales.").unit("euros").registry(&registry);
    let sales = sales.build().unwrap();
    let trace: TraceId = "4bf92f3577b34da6a3ce929d0e0e4736".parse().unwrap();
    let span: SpanId = "00f067aa0ba902b7".parse().unwrap();
    let entered = SpanContext::new(trace, span, TraceFlags::SAMPLED).enter();
    orders.inc();
    sales.inc_by(0.5);
    drop(entered);
    let text = registry.encode(Format::OpenMetrics);
    assert_eq!(text.matches("trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\"").count(), 2, "{text}");
    assert!(text.contains("# UNIT sales_euros euros\n"), "{text}");
}

#[test]
fn a_counter_is_traffic_and_declared_values_are_its_errors() {
    let registry = Registry::builder().namespace("shop").build().unwrap();
    let payments = BusinessMetric::counter("payments_total", "Payments, by type.").registry(&registry);
    let payments = payments.failures("type", &["declined", "expired"]).family::<Typed<'_>>().unwrap();
    for (kind, count) in [("card", 5), ("declined", 2), ("expired", 1)] {
        payments.with(&Typed { kind }).inc_by(count);
    }
    let devices = BusinessMetric::gauge("devices", "Devices.").registry(&registry).build().unwrap();
    assert_eq!(devices.signals().traffic(), None);

    let listed = GoldenSignals::of(&registry);
    assert_eq!(listed, [payments.signals().clone()], "a level is no signal");
    let (signals, now) = (&listed[0], registry.snapshot());
    assert_eq!((signals.kind(), signals.name()), ("business", "payments_total"));
    let traffic = signals.traffic().unwrap();
    assert_eq!((traffic.metric(), traffic.kind()), ("shop_payments_total", Kind::Counter));
    assert_eq!((traffic.sum(&now), signals.errors().unwrap().sum(&now)), (8.0, 3.0));
    assert!(signals.latency().is_none() && signals.saturation().is_none());
}

#[test]
fn failures_that_can_never_be_counted_are_refused() {
    let registry = Registry::new();
    let payments = || BusinessMetric::counter("payments_total", "Payments.").registry(&registry);
    let no_label = |label: &str| RegisterErrorKind::NoLabel { label: label.into() };
    let misspelt = payments().failures("tpye", &["declined"]).family::<Typed<'_>>().unwrap_err();
    assert_eq!(misspelt.kind(), &no_label("tpye"));
    let (text, file) = (misspelt.to_string(), file!());
    assert!(text.starts_with("metric \"payments_total\" declared at ") && text.contains(file), "{text}");
    assert!(text.contains(" has no label \"tpye\";"), "{text}");
    let unlabelled = payments().failures("type", &["declined"]).build().unwrap_err();
    assert_eq!(unlabelled.kind(), &no_label("type"));

    let never = payments().failures("status", &["offline", "declined"]).family::<Device>().unwrap_err();
    let (label, value) = ("status".into(), "declined".into());
    assert_eq!(never.kind(), &RegisterErrorKind::NoLabelValue { label, value });
    assert!(never.to_string().ends_with(" has the label \"status\", whose value is never \"declined\""));
    assert!(registry.descriptors().is_empty() && GoldenSignals::of(&registry).is_empty());
    payments().failures("status", &["offline"]).family::<Device>().unwrap();
}

#[test]
fn a_name_that_conventions_forbid_is_refused_unless_accepted() {
    let registry = Registry::new();
    let refused = BusinessMetric::counter("orders", "Orders.").registry(&registry).build();
    assert!(refused.unwrap_err().to_string().contains("_total"));
    let refused = BusinessMetric::amount("sales_total", "Sales.").unit("euros").registry(&registry).build();
    assert!(refused.unwrap_err().to_string().contains("euros"));
}
