//! Alerts of a service, in a process of its own: lines, handlers, Alertmanager, and the end.
#![cfg(feature = "alerts")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::mpsc::channel;
use std::time::Duration;

use radiosonde::alerts::{Alert, AlertRule, AlertState, AlertmanagerOptions, Condition, Severity};
use radiosonde::log::Writer;
use radiosonde::{Format, InitError, Registry};
use radiosonde_testkit::{HttpFake, SharedBuffer};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn an_alert_is_a_line_and_reaches_handlers_and_alertmanager() {
    let registry = Registry::new();
    let offline = registry.gauge("devices_offline", "Devices that are offline.").build().unwrap();
    let builder = || radiosonde::builder().service_name("devices").registry(&registry);

    let nameless = || AlertRule::new("", Condition::when(|_| Some(1.0)));
    let refused = builder().alerts(|alerts| alerts.rule(nameless())).init().unwrap_err();
    assert!(matches!(&refused, InitError::Alerts(_)), "{refused:?}");
    assert!(format!("{refused:?}").starts_with("cannot set up alerts: "), "{refused:?}");
    let refused = builder().alertmanager(AlertmanagerOptions::new("ftp://alerts")).init().unwrap_err();
    assert!(matches!(&refused, InitError::Alerts(_)), "{refused:?}");

    let (alertmanager, second, lines) = (HttpFake::start([]), HttpFake::start([]), SharedBuffer::new());
    let (sent, handled) = channel();
    let rule = AlertRule::new(
        "DevicesOffline",
        Condition::when(|now| now.value("devices_offline", &[]).filter(|n| *n > 2.0)),
    )
    .severity(Severity::Critical)
    .label("site", "delft")
    .summary("{value} devices are offline.");
    let telemetry = builder()
        .logs(|logs| logs.format(Format::Json).writer(Writer::new("test", lines.clone())))
        .alertmanager(AlertmanagerOptions::new(alertmanager.url()))
        .alertmanager(AlertmanagerOptions::new(second.url()).label("cluster", "eu-1"))
        .alerts(|alerts| alerts.interval(Duration::from_millis(10)).rule(rule))
        .alerts(|alerts| alerts.handler(move |alert: &Alert| sent.send(alert.state()).unwrap()))
        .init()
        .unwrap();

    offline.set(5.0);
    assert_eq!(handled.recv_timeout(SOON).unwrap(), AlertState::Firing);
    let alerts = telemetry.alerts().unwrap();
    assert_eq!(alerts.active_alerts()[0].name(), "DevicesOffline");
    offline.set(1.0);
    assert_eq!(handled.recv_timeout(SOON).unwrap(), AlertState::Resolved);

    let report = telemetry.shutdown_blocking(SOON);
    for sink in ["alertmanager", "alertmanager_2"] {
        let sink = report.sink(sink).unwrap();
        assert_eq!((sink.delivered(), sink.dropped() + sink.left()), (2, 0), "{report}");
    }
    assert!(alerts.shutdown(Duration::ZERO).is_complete, "the engine ends with the telemetry");
    let posted: String = second
        .requests()
        .iter()
        .map(|request| String::from_utf8_lossy(request.body()).into_owned())
        .collect();
    for label in ["\"alertname\":\"DevicesOffline\"", "\"service\":\"devices\"", "\"cluster\":\"eu-1\""] {
        assert!(posted.contains(label), "{posted}");
    }
    assert!(!alertmanager.requests().is_empty());

    let lines: Vec<String> =
        lines.lines().into_iter().filter(|line| line.contains("\"module\":\"radiosonde::alert\"")).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, level, message) in
        [(&lines[0], "ERROR", "DevicesOffline firing"), (&lines[1], "INFO", "DevicesOffline resolved")]
    {
        assert!(line.contains(&format!("\"level\":\"{level}\"")), "{line}");
        assert!(line.contains(&format!("\"message\":\"{message}\"")), "{line}");
        assert!(line.contains("\"labels\":\"site=\\\"delft\\\"\""), "{line}");
    }
    assert!(lines[0].contains("\"summary\":\"5 devices are offline.\""), "{}", lines[0]);
    assert!(lines[0].contains("\"value\":5"), "{}", lines[0]);
}
