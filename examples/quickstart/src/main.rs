//! One service with metrics, logs and traces, and a trickle of traffic of its own.

#[cfg(test)]
mod ops;
mod options;
mod traffic;
mod weather;

use std::env;
use std::error::Error;
use std::future::pending;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use radiosonde::{InitError, Telemetry};
use tokio::net::TcpListener;
use tokio::{select, time};

use crate::options::Options;

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let listener = listen(options.listen).await?;
    let address = listener.local_addr()?;

    let telemetry = telemetry()?;

    // 2. Every request of these routes is counted, timed, traced and logged. `/metrics` and `/admin` are added after the layer, so
    //    scrapes and probes are no traffic. Every caller can read them: a public port needs RADIOSONDE_ADMIN_BEARER_TOKEN.
    let app = weather::routes(telemetry.registry())?
        .layer(telemetry.server_layer())
        .route_service("/metrics", telemetry.metrics_service())
        .nest_service("/admin", telemetry.admin_service());

    greet(address);
    let stop = stopped(options.seconds);
    let traffic = options.traffic.then(|| traffic::Traffic::new(address, telemetry.client_layer()));
    let until = async move {
        match traffic {
            Some(traffic) => traffic.send_until(stop).await,
            None => stop.await,
        }
    };
    axum::serve(listener, app).with_graceful_shutdown(until).await?;

    // 3. Queued lines and spans get five seconds; the report has the outcome of each.
    let report = telemetry.shutdown(Duration::from_secs(5)).await;
    eprintln!("\n{report}");
    Ok(())
}

/// 1. Metrics, JSON logs and traces, from the environment.
fn telemetry() -> Result<Telemetry, InitError> {
    radiosonde::builder()
        .default_service_name("quickstart")
        .server(|server| server.zero_init(weather::ROUTES))
        .init()
}

async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| {
        format!("cannot listen on {address}: {error}\n`--listen 127.0.0.1:0` takes a free port")
    })
}

/// To stderr, as stdout is for log lines: `quickstart | jq` works.
fn greet(address: SocketAddr) {
    // Not the value: a URL may hold a password.
    let set = |variable| if env::var_os(variable).is_some() { "set" } else { "not set" };
    eprintln!("quickstart  http://{address}/stations/1");
    eprintln!("metrics     http://{address}/metrics");
    eprintln!("health      http://{address}/admin/readyz");
    eprintln!("logs        here, and in Loki: RADIOSONDE_LOKI_URL=http://127.0.0.1:3100");
    eprintln!("            now: {}", set("RADIOSONDE_LOKI_URL"));
    eprintln!("traces      in Jaeger: OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318");
    eprintln!("            now: {}\n", set("OTEL_EXPORTER_OTLP_ENDPOINT"));
}

/// Ends with SIGTERM or Ctrl-C, or after the given seconds.
async fn stopped(seconds: Option<u64>) {
    let time_is_up = async {
        match seconds {
            Some(seconds) => time::sleep(Duration::from_secs(seconds)).await,
            None => pending().await,
        }
    };
    select! {
        () = radiosonde::shutdown_signal() => {}
        () = time_is_up => {}
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Options::parse(env::args().skip(1)) {
        Ok(Some(options)) => run(options).await,
        Ok(None) => {
            println!("{}", options::USAGE);
            Ok(())
        }
        Err(wrong) => Err(format!("{wrong}\n\n{}", options::USAGE).into()),
    };
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    eprintln!("quickstart: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
