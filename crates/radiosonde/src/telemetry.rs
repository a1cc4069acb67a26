use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use radiosonde_core::Resource;
use radiosonde_delivery::{Delivery, Report};
use radiosonde_log::LevelControl;
use radiosonde_metrics::{Listener, MetricsService, Registry};
use radiosonde_tower::{ClientLayer, ServerLayer};
use radiosonde_trace::TracePipeline;

/// A service's telemetry, set up by [`init`](crate::init). Keep it until the end and shut it down.
///
/// Dropped without [`shutdown`](Self::shutdown), what has not been delivered yet is likely lost.
pub struct Telemetry {
    resource: Resource,
    registry: Registry,
    levels: LevelControl,
    server: ServerLayer,
    client: ClientLayer,
    traces: TracePipeline,
    delivery: Delivery,
    metrics: MetricsService,
    listener: Option<Listener>,
}

impl Telemetry {
    pub(crate) fn new(
        resource: Resource,
        registry: Registry,
        levels: LevelControl,
        layers: (ServerLayer, ClientLayer),
        traces: TracePipeline,
        delivery: Delivery,
        scrapes: (MetricsService, Option<Listener>),
    ) -> Self {
        let (server, client) = layers;
        let (metrics, listener) = scrapes;
        Self { resource, registry, levels, server, client, traces, delivery, metrics, listener }
    }

    /// The layer for the service's HTTP server. With axum: `Router::layer`, after the routes.
    #[must_use]
    pub fn server_layer(&self) -> ServerLayer {
        self.server.clone()
    }

    /// The layer for the service's HTTP clients: `ServiceBuilder::new().layer(telemetry.client_layer()).service(client)`.
    ///
    /// A [`Route`](crate::tower::Route) in a request's extensions names its span: without one it is called by its method alone.
    #[must_use]
    pub fn client_layer(&self) -> ClientLayer {
        self.client.clone()
    }

    /// The service that answers scrapes. With axum: `Router::route_service("/metrics", ..)`, after the layer, or scrapes are counted
    /// as requests.
    #[must_use]
    pub fn metrics(&self) -> MetricsService {
        self.metrics.clone()
    }

    /// Changes what is logged while the service runs, for good or for a time.
    ///
    /// ```no_run
    /// # let telemetry = radiosonde::init("orders")?;
    /// telemetry.level_control().by("on call").set_for("info,orders=debug", std::time::Duration::from_secs(600))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn level_control(&self) -> LevelControl {
        self.levels.clone()
    }

    /// Where everything counts, for metrics of your own.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Who emits.
    #[must_use]
    pub const fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Where the listener serves `/metrics`, if there is one.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(Listener::address)
    }

    /// Delivers what is there until the deadline and says what became of everything.
    ///
    /// It begins with the call; the future, of any runtime, only waits. Lines and spans that come later are counted as dropped;
    /// lines still go to the writers, and metrics are served on: by the listener until this is dropped.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody waits or not")]
    pub fn shutdown(&self, deadline: Duration) -> Shutdown {
        self.traces.shutdown();
        Shutdown(self.delivery.shutdown(deadline))
    }

    /// [`shutdown`](Self::shutdown) for callers that cannot await; blocks this thread until about the deadline at most.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody waits or not")]
    pub fn shutdown_blocking(&self, deadline: Duration) -> Report {
        self.traces.shutdown();
        self.delivery.shutdown_blocking(deadline)
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("resource", &self.resource).finish_non_exhaustive()
    }
}

/// Waits for a [`Telemetry::shutdown`] and gives its report.
#[derive(Debug)]
pub struct Shutdown(radiosonde_delivery::Shutdown);

impl Future for Shutdown {
    type Output = Report;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Report> {
        Pin::new(&mut self.0).poll(context)
    }
}
