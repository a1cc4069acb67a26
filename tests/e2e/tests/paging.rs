//! A burst of errors in the shop pages: the generated rules in the real Prometheus, the generated routes in the real Alertmanager, and a webhook.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use e2e::{Alertmanager, Example, Prometheus, ScrapeJob, serve, wait_for};
use radiosonde_alerts::{WebhookAlert, WebhookError, WebhookHandler, WebhookReceiver};
use radiosonde_metrics::Registry;
use serde_json::json;

const SOON: Duration = Duration::from_secs(90);
const ROLES: [&str; 3] = ["gateway", "orders", "payments"];
const RECEIVERS: [&str; 5] = ["page", "page-shop", "ticket", "ticket-shop", "chat"];

/// What arrived at the receivers, each alert with the name of its receiver.
#[derive(Debug, Clone, Default)]
struct Arrivals(Arc<Mutex<Vec<(&'static str, WebhookAlert)>>>);

impl Arrivals {
    fn of(&self, receivers: &[&str]) -> Vec<WebhookAlert> {
        let all = self.0.lock().unwrap();
        all.iter().filter(|(name, _)| receivers.contains(name)).map(|(_, alert)| alert.clone()).collect()
    }
}

#[derive(Debug)]
struct Receiver(&'static str, Arrivals);

impl Receiver {
    fn note(&self, alert: &WebhookAlert) {
        self.1.0.lock().unwrap().push((self.0, alert.clone()));
    }
}

impl WebhookHandler for Receiver {
    async fn critical(&self, alert: &WebhookAlert) -> Result<(), WebhookError> {
        self.note(alert);
        Ok(())
    }

    async fn warning(&self, alert: &WebhookAlert) -> Result<(), WebhookError> {
        self.note(alert);
        Ok(())
    }
}

/// Serves a webhook for each receiver until the test binary exits.
fn receive(arrivals: &Arrivals) -> SocketAddr {
    let mut router = Router::new();
    let registry = Registry::new();
    for name in RECEIVERS {
        let service =
            WebhookReceiver::builder(Receiver(name, arrivals.clone())).registry(&registry).build().unwrap();
        router = router.route_service(&format!("/{name}"), service);
    }
    serve(router)
}

/// The stack's routes without their waits, and with a webhook for each receiver.
fn route_to(webhooks: SocketAddr) -> impl Fn(&str) -> String {
    move |stack| {
        let mut text = stack
            .replace("group_wait: 30s", "group_wait: 200ms")
            .replace("group_wait: 10s", "group_wait: 200ms")
            .replace("group_interval: 5m", "group_interval: 1s");
        for name in RECEIVERS {
            let entry = format!("  - name: {name}\n");
            assert!(text.contains(&entry), "{name}");
            let url = format!("{entry}    webhook_configs:\n      - url: http://{webhooks}/{name}\n");
            text = text.replace(&entry, &url);
        }
        text
    }
}

/// Sends an order to the gateway at this address.
fn order(gateway: &str, token: &str) {
    let order = json!({"user": "ada", "article": "balloon", "quantity": 2, "method": "card", "token": token});
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    agent.post(format!("http://{gateway}/orders")).send_json(order).unwrap();
}

#[test]
fn a_burst_of_errors_pages_through_to_the_webhook_and_resolves() {
    let (Some(prometheus), arrivals) = (Prometheus::start(), Arrivals::default()) else { return };
    let Some(alertmanager) = Alertmanager::start_with(route_to(receive(&arrivals))) else { return };
    prometheus.alert_to(&alertmanager);
    // Without an address of Alertmanager: the alerts are Prometheus' alone.
    let shop = Example::start("shop", &["--base-port", "0", "--no-traffic"], &[]);
    let address = |role: &str| shop.says(&format!("{role}: http://")).split_once(',').unwrap().0.to_owned();
    let addresses = ROLES.map(address);
    let gateway = &addresses[0];
    // The stack has a job `shop` already, whose targets have other ports.
    let job = addresses[1..].iter().fold(ScrapeJob::new("the-shop", gateway), ScrapeJob::target);
    prometheus.scrape(&job);
    prometheus.wait_until_up("the-shop", SOON);

    // Good orders page nobody.
    for _ in 0..50 {
        order(gateway, "tok_1");
    }
    let paged = || arrivals.of(&["page", "page-shop"]);
    let page = wait_for("a page", SOON, || {
        order(gateway, "tok_offline");
        Ok(paged().into_iter().next().ok_or("no page")?)
    });
    let expected = [
        ("alertname", "ErrorBudgetBurn"),
        ("cluster", "local"),
        ("long", "20s"),
        ("owner", "shop"),
        ("service", "gateway"),
        ("severity", "critical"),
        ("short", "5s"),
        ("slo", "orders_available"),
    ];
    let expected = BTreeMap::from(expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!((page.status.to_string().as_str(), &page.labels), ("firing", &expected));
    assert_eq!(page.annotations["runbook_url"], "https://runbooks.example/shop");
    assert!(page.annotations["summary"].contains("orders_available"), "{page:?}");

    wait_for("the end of it", SOON, || {
        order(gateway, "tok_1");
        let pages = paged();
        let is_over = pages.iter().any(|page| page.status.to_string() == "resolved");
        if is_over { Ok(()) } else { Err(format!("{} pages", pages.len()).into()) }
    });
    // The team of the shop was paged, about nothing else, and the channel of all was told.
    assert_eq!(arrivals.of(&["page"]), []);
    assert!(paged().iter().all(|page| page.labels == expected), "{:?}", paged());
    assert!(arrivals.of(&["chat"]).iter().any(|alert| alert.labels == expected));
    let ended = shop.end();
    assert!(ended.status.success(), "{}", ended.stderr);
    assert_eq!(prometheus.process().complaints(), Vec::<String>::new());
    assert_eq!(alertmanager.process().complaints(), Vec::<String>::new());
}
