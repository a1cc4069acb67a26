//! All three services at once, each in a process of its own: a process has one telemetry, and with it one service name.

use std::env;
use std::error::Error;

use crate::child::Child;
use crate::options::{All, Role};
use crate::traffic;

pub(crate) async fn run(options: All) -> Result<(), Box<dyn Error>> {
    // A service that is called starts first and ends last.
    let payments = Child::start(Role::Payments, options.base_port, None).await?;
    let orders = Child::start(Role::Orders, options.base_port, Some(&payments)).await?;
    let gateway = Child::start(Role::Gateway, options.base_port, Some(&orders)).await?;
    hint();
    if options.traffic {
        traffic::send_until(gateway.address(), options.stop.wait()).await;
    } else {
        options.stop.wait().await;
    }
    gateway.end().await?;
    orders.end().await?;
    payments.end().await
}

fn hint() {
    for (what, variable, example) in [
        ("logs, also in Loki", "RADIOSONDE_LOKI_URL", "http://127.0.0.1:3100"),
        ("traces, in Jaeger", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"),
        ("alerts, in Alertmanager", "RADIOSONDE_ALERTMANAGER_URL", "http://127.0.0.1:9093"),
    ] {
        // Not the value: a URL may hold a password.
        let now = if env::var_os(variable).is_some() { "set" } else { "not set" };
        eprintln!("shop: {what}: {variable}={example} (now: {now})");
    }
}
