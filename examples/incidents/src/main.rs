//! A page of Alertmanager opens an incident and runs its runbook up to the first step that fails.

mod incident;
mod on_call;
mod runbook;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use http::Request;
use radiosonde_alerts::{Alert, AlertEngine, AlertState, AlertmanagerOptions, Severity, WebhookReceiver};
use radiosonde_core::{Clock as _, SystemClock};
use radiosonde_delivery::{Delivery, Endpoint, HttpClient};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use crate::incident::InMemory;
use crate::on_call::OnCall;

const ALERT: &str = "QueueStuck";
const SUMMARY: &str = "no message of orders was handled for 9 minutes";

/// A resolution waits for 5 minutes, the interval of its group.
const BY_ALERTMANAGER: Duration = Duration::from_secs(400);
const BY_ITSELF: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let alertmanager = std::env::args().nth(1);
    // Alertmanager's configuration names the port.
    let port = if alertmanager.is_some() { 8084 } else { 0 };
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let address = listener.local_addr()?;

    // 1. The handler: incidents and runbooks are traits, so they can be yours.
    let (happened, mut events) = unbounded_channel();
    let on_call =
        OnCall { incidents: InMemory::default(), runbooks: Arc::new(runbook::of_this_program()), happened };

    // 2. The receiver is a tower service: bounded, timed, and answered with an error if the handler fails, so that Alertmanager
    //    repeats. On a port that others reach it wants `.accept_only([…])`.
    let receiver = WebhookReceiver::builder(on_call).build()?;
    let app = Router::new().route_service("/page", receiver);
    println!("webhooks are received at http://{address}/page");
    tokio::spawn(async move { axum::serve(listener, app).await });

    // 3. An alert, by way of Alertmanager or straight to the receiver.
    match alertmanager {
        Some(url) => by_alertmanager(&url, &mut events).await,
        None => by_itself(address, &mut events).await,
    }
}

/// Raises the alert and resolves it, and waits for the webhooks of the stack's Alertmanager.
async fn by_alertmanager(
    url: &str,
    events: &mut UnboundedReceiver<AlertState>,
) -> Result<(), Box<dyn Error>> {
    let delivery = Delivery::builder().start()?;
    let alertmanager = AlertmanagerOptions::new(url).label("service", "orders").build(&delivery)?;
    let alerts = AlertEngine::builder().handler(alertmanager).start()?;
    alerts.create(Alert::new(ALERT, Severity::Critical, SystemClock.now()).annotation("summary", SUMMARY))?;
    println!("{ALERT} is sent to {url}");
    timeout(BY_ALERTMANAGER, events.recv())
        .await
        .map_err(|_| "no webhook: does the receiver `page` have this URL?")?;
    alerts.resolve(ALERT, &[]);
    timeout(BY_ALERTMANAGER, events.recv()).await.map_err(|_| "no webhook about the resolution")?;
    println!("{}", delivery.shutdown(BY_ITSELF).await);
    Ok(())
}

/// Posts what Alertmanager would post: the page, the page again, and its resolution.
async fn by_itself(to: SocketAddr, events: &mut UnboundedReceiver<AlertState>) -> Result<(), Box<dyn Error>> {
    let endpoint = Endpoint::parse(&format!("http://{to}/page"))?;
    let client = HttpClient::builder(&endpoint).timeout(BY_ITSELF).build()?;
    let (firing, resolved) = (Some(AlertState::Firing), Some(AlertState::Resolved));
    for (status, expected) in [("firing", firing), ("firing", None), ("resolved", resolved)] {
        let request = Request::post(endpoint.uri()).header("content-type", "application/json");
        let response = client.send(request.body(Bytes::from(webhook(status)))?).await?;
        println!("{status}: answered {}", response.status());
        if let Some(expected) = expected {
            let happened = timeout(BY_ITSELF, events.recv()).await?;
            if happened != Some(expected) {
                return Err(format!("expected {expected}, not {happened:?}").into());
            }
        }
    }
    Ok(())
}

fn webhook(status: &str) -> String {
    let labels = json!({"alertname": ALERT, "severity": "critical", "service": "orders"});
    let ends_at = if status == "firing" { "0001-01-01T00:00:00Z" } else { "2026-01-01T00:12:00Z" };
    json!({
        "version": "4", "groupKey": "{}:{alertname=\"QueueStuck\"}", "truncatedAlerts": 0, "status": status, "receiver": "page",
        "groupLabels": {"alertname": ALERT}, "commonLabels": labels, "commonAnnotations": {}, "externalURL": "http://127.0.0.1:9093",
        "alerts": [{
            "status": status, "labels": labels, "annotations": {"summary": SUMMARY}, "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": ends_at, "generatorURL": "", "fingerprint": "3f1c",
        }],
    })
    .to_string()
}
