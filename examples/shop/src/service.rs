//! What the three services have in common: telemetry, a listener, an end.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use radiosonde::Telemetry;
use radiosonde::alerts::AlertEngineBuilder;
use tokio::net::{TcpListener, TcpStream};
use tracing::info;

use crate::options::{One, Role};
use crate::stop::Stop;
use crate::{alerts, objectives};

#[derive(Debug)]
pub(crate) struct Service {
    role: Role,
    telemetry: Telemetry,
    listener: TcpListener,
    address: SocketAddr,
    stop: Stop,
    catalogue: bool,
}

impl Service {
    pub(crate) async fn start(role: Role, options: &One) -> Result<Self, Box<dyn Error>> {
        let name = role.name();
        let listen = options.listen;
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|error| format!("{name} cannot listen on {listen}: {error}"))?;
        let address = listener.local_addr()?;
        let telemetry = radiosonde::builder()
            .service_name(name)
            .resource(|r| r.service_namespace("shop").service_version(env!("CARGO_PKG_VERSION")))
            // For queries that say `{service="orders"}`, `by (service)` and `| json | task_status="FAILURE"`.
            .service_label("service")
            .logs(|logs| logs.promote("task_status").promote("action"))
            .objectives(objectives::of(role))
            // With windows of seconds; a service leaves the interval as it is.
            .alerts(|engine| {
                alerts::of(role)
                    .into_iter()
                    .fold(engine.interval(Duration::from_secs(1)), AlertEngineBuilder::rule)
            })
            .server(|server| server.zero_init(role.routes()))
            .init()?;
        Ok(Self { role, telemetry, listener, address, stop: options.stop, catalogue: options.catalogue })
    }

    pub(crate) fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// The service is not ready while this one of its dependencies accepts no connections.
    pub(crate) fn depends_on(&self, name: &'static str, address: SocketAddr) {
        let connect = move || async move { TcpStream::connect(address).await.map(drop) };
        self.telemetry.health().readiness_check(name).timeout(Duration::from_secs(1)).check(connect);
    }

    /// Serves the routes, `/metrics` and the probes until it is time to stop and every request has its answer; then, when `work` has ended
    /// too, delivers what is left of the telemetry.
    pub(crate) async fn serve(
        self,
        routes: Router,
        work: impl Future<Output = ()>,
    ) -> Result<(), Box<dyn Error>> {
        let Self { role, telemetry, listener, address, stop, catalogue } = self;
        // Scrapes and probes are no traffic: their routes come after the layer.
        let (traffic, admin) = (routes.layer(telemetry.server_layer()), telemetry.admin_service());
        // Everything is declared by now. The rules, dashboards and documents in `ops` are generated from it: see tests/shop/ops.rs.
        if catalogue {
            print!("{}", telemetry.catalogue().to_json());
            return Ok(());
        }
        let app = ["/metrics", "/livez", "/readyz"]
            .into_iter()
            .fold(traffic, |app, path| app.route_service(path, admin.clone()));
        // To stderr, as stdout is for log lines; `shop all` and the tests read the address from here.
        let name = role.name();
        eprintln!("{name}: http://{address}, metrics at http://{address}/metrics");
        info!(%address, "serving");
        axum::serve(listener, app).with_graceful_shutdown(stop.wait()).await?;
        work.await;
        info!("served");
        for line in telemetry.shutdown(Duration::from_secs(5)).await.to_string().lines() {
            eprintln!("{name}: {line}");
        }
        Ok(())
    }
}
