use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use radiosonde_admin::{AdminService, Health, LevelsService, Listener, MetricsService};
use radiosonde_core::{Clock as _, Resource, SystemClock};
use radiosonde_delivery::{Delivery, Report};
use radiosonde_log::{LevelReload, LogHandle};
use radiosonde_metrics::Registry;
use radiosonde_ops::Catalogue;
use radiosonde_signals::Objectives;
use radiosonde_tower::{ClientLayer, ServerLayer};
use radiosonde_trace::TracePipeline;

use crate::served::Served;
use crate::to_alerts::Alerts;

/// How long a telemetry that is dropped waits for the writers' queues.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// A service's telemetry, set up by [`init`](crate::init). Keep it until the end and shut it down.
///
/// Dropped without [`shutdown`](Self::shutdown), what has not been delivered yet is likely lost. Lines that wait for a writer are
/// written all the same, for up to two seconds; on Unix also when the process exits while something still holds the telemetry.
/// SIGTERM and Ctrl-C end the process at once: wait for [`shutdown_signal`](crate::shutdown_signal).
pub struct Telemetry {
    resource: Resource,
    registry: Registry,
    levels: LevelReload,
    logs: LogHandle,
    server: ServerLayer,
    client: ClientLayer,
    traces: TracePipeline,
    pub(crate) alerts: Alerts,
    delivery: Delivery,
    served: Served,
}

impl Telemetry {
    pub(crate) fn new(
        resource: Resource,
        registry: Registry,
        levels: (LevelReload, LogHandle),
        layers: (ServerLayer, ClientLayer),
        traces: TracePipeline,
        (alerts, delivery): (Alerts, Delivery),
        served: Served,
    ) -> Self {
        let (levels, logs) = levels;
        let (server, client) = layers;
        Self { resource, registry, levels, logs, server, client, traces, alerts, delivery, served }
    }

    /// The layer for the service's HTTP server. With axum: `Router::layer`, after the routes.
    #[must_use]
    pub fn server_layer(&self) -> ServerLayer {
        self.server.clone()
    }

    /// [`server_layer`](Self::server_layer) as a trust boundary, for what the public reaches: each request starts a new trace, which
    /// links to the one that the caller sent. Neither the caller's sampling decision nor its baggage gets in.
    #[must_use]
    pub fn edge_layer(&self) -> ServerLayer {
        self.server.clone().at_trust_boundary()
    }

    /// The layer for the service's HTTP clients: `ServiceBuilder::new().layer(telemetry.client_layer()).service(client)`.
    ///
    /// A [`Route`](crate::tower::Route) in a request's extensions names its span: without one it is called by its method alone.
    #[must_use]
    pub fn client_layer(&self) -> ClientLayer {
        self.client.clone()
    }

    /// The service for all that the process serves about itself: metrics, probes, log levels and requests in flight. With axum:
    /// `Router::nest_service("/admin", ..)`, after the layer. The listener, if there is one, serves the same.
    ///
    /// [`AdminService`] documents the paths, and `docs/health.md` how Kubernetes probes them.
    pub fn admin_service(&self) -> AdminService {
        self.served.admin.clone()
    }

    /// For checks of what the process depends on, which `/readyz` and `/livez` of [`admin_service`](Self::admin_service) run.
    ///
    /// From [`shutdown`](Self::shutdown) on, or from the signal that completes [`shutdown_signal`](crate::shutdown_signal), it is not ready.
    ///
    /// ```no_run
    /// # let telemetry = radiosonde::init("orders")?;
    /// telemetry.health().readiness_check("postgres").check(|| async {
    ///     std::net::TcpStream::connect("127.0.0.1:5432").map(drop)
    /// });
    /// # Ok::<(), radiosonde::InitError>(())
    /// ```
    #[must_use]
    pub const fn health(&self) -> &Health {
        &self.served.health
    }

    /// The service that answers scrapes. With axum: `Router::route_service("/metrics", ..)`, after the layer, or scrapes are counted
    /// as requests.
    pub fn metrics_service(&self) -> MetricsService {
        self.served.metrics.clone()
    }

    /// Changes what is logged while the service runs, for good or for a time.
    ///
    /// ```no_run
    /// # let telemetry = radiosonde::init("orders")?;
    /// telemetry.level_reload().by("on call").set_for("info,orders=debug", std::time::Duration::from_secs(600))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn level_reload(&self) -> LevelReload {
        self.levels.clone()
    }

    /// Shows the log levels, and changes them for requests with credentials. With axum:
    /// `Router::route_service("/log/levels", telemetry.levels_service())`.
    ///
    /// Without configured credentials it is read-only. [`LevelsService`] documents the requests, and how to open it to everybody.
    #[must_use]
    pub fn levels_service(&self) -> LevelsService {
        self.served.levels.clone()
    }

    /// For flushing the writers and sinks of lines while the service runs, and for what became of the lines.
    #[must_use]
    pub fn logs(&self) -> LogHandle {
        self.logs.clone()
    }

    /// For spans that are open ([`live_spans`](TracePipeline::live_spans)), and for bridges and layers of your own.
    #[must_use]
    pub const fn traces(&self) -> &TracePipeline {
        &self.traces
    }

    /// The objectives of the service, with their burn rates and error budgets as of the last evaluation.
    #[must_use]
    pub fn objectives(&self) -> Objectives {
        Objectives::of(&self.registry)
    }

    /// The registry that everything counts in, for metrics of your own.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Everything that the service declares, also what nothing was recorded of: for generated rules and dashboards, and for queries that are
    /// written by hand. With the feature `alerts`, the rules of alerts are part of it.
    ///
    /// ```
    /// use radiosonde::ops::Generator;
    ///
    /// // The same declarations as in `main`, in a test: nothing is sent.
    /// let telemetry = radiosonde::builder().service_name("orders").init()?;
    /// telemetry.registry().counter("orders_placed_total", "Orders placed.").build()?;
    /// let files = Generator::new("orders", telemetry.catalogue()).artifacts()?;
    /// assert!(files.file("METRICS.md").unwrap().contains("`orders_placed_total`"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn catalogue(&self) -> Catalogue {
        self.alerts.add_to(Catalogue::of(&self.registry), &self.registry)
    }

    /// The resource in every line and span.
    #[must_use]
    pub const fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Where the listener serves [`admin_service`](Self::admin_service), if there is one.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.served.listener.as_ref().map(Listener::address)
    }

    /// Delivers the queued items until the deadline, and reports what was delivered, dropped and left.
    ///
    /// Shutdown begins with the call; the future only waits, in any runtime. After the delivery it waits for the writers' queues, which
    /// blocks its thread as long as one of them hangs. Later lines and spans are counted as dropped by the sinks; lines
    /// still go to the writers, without queues. The listener serves until this is dropped; the
    /// process is not [ready](Self::health) any more.
    ///
    /// Alerts are no longer evaluated. Before the delivery, their handlers get what has happened, which blocks for a quarter of the deadline if one hangs.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody waits or not")]
    pub fn shutdown(&self, deadline: Duration) -> Shutdown {
        let end = self.begin_shutdown(deadline);
        Shutdown { delivery: self.delivery.shutdown(until(end)), logs: self.logs.clone(), end }
    }

    /// [`shutdown`](Self::shutdown) for callers that cannot await; blocks this thread until about the deadline at most.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody waits or not")]
    pub fn shutdown_blocking(&self, deadline: Duration) -> Report {
        let end = self.begin_shutdown(deadline);
        let report = self.delivery.shutdown_blocking(until(end));
        close(&self.logs, end);
        report
    }

    /// Ends what feeds the delivery; returns when the deadline is, by the monotonic clock.
    fn begin_shutdown(&self, deadline: Duration) -> Duration {
        let end = SystemClock.monotonic().saturating_add(deadline);
        self.served.health.set_ready(false);
        // Its last alerts are lines, and on their way to Alertmanager.
        self.alerts.shutdown(deadline / 4);
        self.traces.shutdown();
        self.logs.begin_close();
        end
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        self.logs.close(CLOSE_WITHIN);
    }
}

/// What a queue still holds at the deadline is counted where it is.
fn close(logs: &LogHandle, end: Duration) {
    logs.close(until(end));
}

fn until(end: Duration) -> Duration {
    end.saturating_sub(SystemClock.monotonic())
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("resource", &self.resource).finish_non_exhaustive()
    }
}

/// Waits for a [`Telemetry::shutdown`] and gives its report.
#[derive(Debug)]
pub struct Shutdown {
    delivery: radiosonde_delivery::Shutdown,
    logs: LogHandle,
    /// When the deadline is, by the monotonic clock.
    end: Duration,
}

impl Future for Shutdown {
    type Output = Report;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Report> {
        let report = ready!(Pin::new(&mut self.delivery).poll(context));
        close(&self.logs, self.end);
        Poll::Ready(report)
    }
}
