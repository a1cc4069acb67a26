//! Alerts of a process in the real Alertmanager, and its webhooks back to a process.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use e2e::{Alertmanager, serve, wait_for};
use radiosonde_alerts::{
    Alert, AlertEngine, AlertHandler as _, AlertRule, AlertmanagerError, AlertmanagerOptions, Condition,
    Credentials, NewSilence, Severity, SilenceMatcher, SilenceState, WebhookAlert, WebhookError,
    WebhookHandler, WebhookReceiver,
};
use radiosonde_core::{Clock, SystemClock};
use radiosonde_delivery::{Delivery, Retry, SinkOptions};
use radiosonde_metrics::Registry;

const SOON: Duration = Duration::from_secs(60);
const TOKEN: &str = "t0ken";

/// What arrived at the receivers of the stack's routes, as `page firing Down orders`.
#[derive(Debug, Clone, Default)]
struct Arrivals(Arc<Mutex<Vec<String>>>);

impl Arrivals {
    fn all(&self) -> Vec<String> {
        let mut all = self.0.lock().unwrap().clone();
        all.sort();
        all.dedup();
        all
    }

    fn wait_for(&self, expected: &str) {
        wait_for(expected, SOON, || {
            let all = self.all();
            if all.iter().any(|line| line == expected) { Ok(()) } else { Err(format!("{all:?}").into()) }
        });
    }
}

/// Notes alerts under a receiver's name; the first ones fail.
#[derive(Debug)]
struct Noting {
    receiver: &'static str,
    arrivals: Arrivals,
    failures: AtomicUsize,
}

impl Noting {
    fn note(&self, alert: &WebhookAlert) -> Result<(), WebhookError> {
        // Relaxed: a count, by which nothing else is ordered.
        let fails =
            self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if fails.is_ok() {
            return Err("not now".into());
        }
        let service = alert.labels.get("service").map_or("", String::as_str);
        let line = format!("{} {} {} {service}", self.receiver, alert.status, alert.name());
        self.arrivals.0.lock().unwrap().push(line.trim().to_owned());
        Ok(())
    }
}

impl WebhookHandler for Noting {
    async fn critical(&self, alert: &WebhookAlert) -> Result<(), WebhookError> {
        self.note(alert)
    }

    async fn warning(&self, alert: &WebhookAlert) -> Result<(), WebhookError> {
        self.note(alert)
    }
}

/// The receivers of the stack's routes, served until the test binary exits, and an Alertmanager that calls them.
struct Called {
    alertmanager: Alertmanager,
    arrivals: Arrivals,
    registry: Registry,
}

impl Called {
    fn start(failures: usize) -> Option<Self> {
        let (arrivals, registry) = (Arrivals::default(), Registry::new());
        let mut router = Router::new();
        for receiver in ["page", "ticket", "chat"] {
            let failures = AtomicUsize::new(if receiver == "page" { failures } else { 0 });
            let noting = Noting { receiver, arrivals: arrivals.clone(), failures };
            let accepted = [Credentials::bearer(TOKEN).unwrap()];
            let service =
                WebhookReceiver::builder(noting).registry(&registry).accept_only(accepted).build().unwrap();
            router = router.route_service(&format!("/{receiver}"), service);
        }
        let address = serve(router);
        let change = move |stack: &str| {
            let mut text = stack.to_owned();
            for (given, shorter) in [
                ("group_wait: 30s", "group_wait: 200ms"),
                ("group_wait: 10s", "group_wait: 200ms"),
                ("group_interval: 5m", "group_interval: 1s"),
            ] {
                assert!(text.contains(given), "{given}");
                text = text.replace(given, shorter);
            }
            for receiver in ["page", "ticket", "chat"] {
                let name = format!("  - name: {receiver}\n");
                assert!(text.contains(&name), "{receiver}");
                let webhook = format!(
                    "{name}    webhook_configs:\n      - url: http://{address}/{receiver}\n        \
                     http_config: {{authorization: {{credentials: {TOKEN}}}}}\n"
                );
                text = text.replace(&name, &webhook);
            }
            text
        };
        Some(Self { alertmanager: Alertmanager::start_with(change)?, arrivals, registry })
    }

    fn options(&self) -> AlertmanagerOptions {
        let retry = Retry::new().base(Duration::from_millis(50)).cap(Duration::from_millis(200));
        AlertmanagerOptions::new(self.alertmanager.url())
            .label("cluster", "eu-1")
            .sink(SinkOptions::default().batch_age(Duration::from_millis(50)).retry(retry.max_attempts(1000)))
    }
}

fn delivery() -> Delivery {
    Delivery::builder().registry(&Registry::new()).start().unwrap()
}

fn alert(name: &str, severity: Severity, service: &str) -> Alert {
    Alert::new(name, severity, SystemClock.now()).label("service", service)
}

#[test]
fn an_alert_of_the_engine_fires_is_silenced_and_resolves() {
    let Some(called) = Called::start(0) else { return };
    let delivery = delivery();
    let alertmanager = called.options().build(&delivery).unwrap();
    let is_down = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&is_down);
    // Relaxed: a flag, by which nothing else is ordered.
    let condition = Condition::when(move |_| seen.load(Ordering::Relaxed).then_some(1.0));
    let rule = AlertRule::new("Down", condition).severity(Severity::Critical).label("service", "orders");
    let engine = AlertEngine::builder()
        .registry(&Registry::new())
        .interval(Duration::from_millis(100))
        .rule(rule.summary("No orders."))
        .handler(alertmanager)
        .start()
        .unwrap();
    called.arrivals.wait_for("page firing Down orders");
    called.arrivals.wait_for("chat firing Down orders");

    let client = called.options().client().unwrap();
    let alerts = client.alerts().wait().unwrap();
    assert_eq!((alerts.len(), alerts[0].name(), alerts[0].labels()["cluster"].as_str()), (1, "Down", "eu-1"));
    assert_eq!((alerts[0].annotations()["summary"].as_str(), alerts[0].receivers().len()), ("No orders.", 2));

    let silence = NewSilence::new(Duration::from_secs(600), "repair").created_by("ann");
    let id = client.silence(&silence.matching(SilenceMatcher::equal("service", "orders"))).wait().unwrap();
    wait_for("the silence", SOON, || {
        let alerts = client.alerts().wait()?;
        let by = alerts.first().ok_or("no alert")?.silenced_by().to_vec();
        if by == [id.clone()] { Ok(()) } else { Err(format!("{by:?}").into()) }
    });
    let silences = client.silences().wait().unwrap();
    assert_eq!((silences.len(), silences[0].id(), silences[0].state()), (1, &*id, SilenceState::Active));
    assert_eq!((silences[0].created_by(), silences[0].comment()), ("ann", "repair"));
    client.expire(&id).wait().unwrap();
    assert_eq!(client.silences().wait().unwrap()[0].state(), SilenceState::Expired);
    assert_eq!(client.alerts().wait().unwrap()[0].silenced_by(), [""; 0]);

    // Relaxed: as above.
    is_down.store(false, Ordering::Relaxed);
    called.arrivals.wait_for("page resolved Down orders");
    called.arrivals.wait_for("chat resolved Down orders");
    wait_for(
        "no alert",
        SOON,
        || if client.alerts().wait()?.is_empty() { Ok(()) } else { Err("one".into()) },
    );
    engine.shutdown(SOON);
    assert_eq!(delivery.shutdown_blocking(SOON).dropped(), 0);
}

#[test]
fn the_routes_group_inhibit_and_hold_back_what_is_silenced() {
    let Some(called) = Called::start(0) else { return };
    let (delivery, client) = (delivery(), called.options().client().unwrap());
    let silence = NewSilence::new(Duration::from_secs(600), "known");
    client.silence(&silence.matching(SilenceMatcher::matches("service", "ship.*"))).wait().unwrap();
    let alertmanager = called.options().build(&delivery).unwrap();
    for alert in [
        alert("Slow", Severity::Critical, "orders").label("instance", "1"),
        alert("Slow", Severity::Critical, "orders").label("instance", "2"),
        alert("Slow", Severity::Warning, "orders"),
        alert("Slow", Severity::Warning, "payments"),
        alert("Note", Severity::Info, "orders"),
        alert("Slow", Severity::Critical, "shipping"),
    ] {
        alertmanager.handle(&alert);
    }
    for arrival in [
        "page firing Slow orders",
        "chat firing Slow orders",
        "ticket firing Slow payments",
        "chat firing Slow payments",
        "chat firing Note orders",
    ] {
        called.arrivals.wait_for(arrival);
    }
    assert_eq!(called.arrivals.all().len(), 5, "{:?}", called.arrivals.all());
    let groups = called.alertmanager.groups().unwrap();
    assert!(groups.contains(&"page: Slow Slow".to_owned()), "one message about both instances: {groups:?}");
    let warning = client.alerts().wait().unwrap();
    let warning = warning.iter().find(|alert| {
        (alert.labels()["severity"].as_str(), alert.labels()["service"].as_str()) == ("warning", "orders")
    });
    assert_eq!(warning.unwrap().inhibited_by().len(), 1, "{warning:?}");
    delivery.shutdown_blocking(SOON);
}

#[test]
fn a_handler_that_fails_gets_the_alert_again() {
    let Some(called) = Called::start(2) else { return };
    let delivery = delivery();
    let alertmanager = called.options().build(&delivery).unwrap();
    alertmanager.handle(&alert("Down", Severity::Critical, "orders"));
    called.arrivals.wait_for("page firing Down orders");
    let text = called.registry.encode_bytes(radiosonde_metrics::exposition::Format::Text);
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("radiosonde_alerts_webhook_requests_total{outcome=\"failed\"} 2\n"), "{text}");
    delivery.shutdown_blocking(SOON);
}

#[test]
fn an_alertmanager_that_was_down_gets_the_alert_when_it_is_back() {
    let Some(called) = Called::start(0) else { return };
    let delivery = delivery();
    let alertmanager = called.options().build(&delivery).unwrap();
    called.alertmanager.process().stop();
    alertmanager.handle(&alert("Down", Severity::Critical, "orders"));
    let client = called.options().client().unwrap();
    assert!(matches!(client.alerts().wait(), Err(AlertmanagerError::Request(_))));
    called.alertmanager.process().restart();
    called.arrivals.wait_for("page firing Down orders");
    let report = delivery.shutdown_blocking(SOON);
    assert_eq!(report.to_string(), "alertmanager: 1 produced, 1 delivered, 0 dropped, 0 left");
}

/// A clock that is behind by all but two seconds of the shortest time for which an alert is valid.
#[derive(Debug)]
struct Behind;

impl Clock for Behind {
    fn now(&self) -> SystemTime {
        SystemClock.now() - Duration::from_secs(118)
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }
}

#[test]
fn the_alert_of_a_process_that_ends_resolves_by_itself() {
    let Some(called) = Called::start(0) else { return };
    let delivery = delivery();
    let options = called.options().valid_for(Duration::from_secs(120)).clock(Arc::new(Behind));
    let alertmanager = options.build(&delivery).unwrap();
    alertmanager.handle(&alert("Down", Severity::Critical, "orders"));
    called.arrivals.wait_for("page firing Down orders");
    // Nothing is repeated any more.
    delivery.shutdown_blocking(SOON);
    called.arrivals.wait_for("page resolved Down orders");
}

#[test]
fn an_alert_that_alertmanager_refuses_does_not_take_others_along() {
    let Some(called) = Called::start(0) else { return };
    let delivery = delivery();
    let alertmanager = called.options().build(&delivery).unwrap();
    let odd = [
        // Its clock stands before 1970, and after the year 9999.
        Alert::new("Early", Severity::Info, SystemTime::UNIX_EPOCH - Duration::from_secs(1)),
        Alert::new("Late", Severity::Info, SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40)),
        Alert::new("", Severity::Info, SystemClock.now()),
        alert("Long", Severity::Info, &"ü".repeat(5000)).annotation("description", "x".repeat(1 << 20)),
        alert("Empty", Severity::Info, "").label("team", ""),
        alert("Text", Severity::Info, "a\n\"b\"\\\u{0}\u{1f600}").annotation("summary", "{{ .Labels }}"),
        alert("Utf8", Severity::Info, "orders").label("größe", "1"),
    ];
    let sent = odd.len() as u64;
    odd.iter().for_each(|alert| alertmanager.handle(alert));
    alertmanager.handle(&alert("Nameless", Severity::Info, "orders").label("", "x"));
    let report = delivery.shutdown_blocking(SOON);
    assert_eq!((report.delivered(), report.dropped()), (sent, 1), "{report}");
    // All fire: the ends of those with an odd start lie ahead as well.
    assert_eq!(called.alertmanager.alerts().unwrap().len() as u64, sent);
}
