use std::sync::Arc;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::{RegisterError, Registry};
use tower_layer::Layer;

use crate::client::client_service::ClientService;
use crate::measuring::http_metrics::HttpMetrics;

/// Records every request of an HTTP client, and propagates the trace.
///
/// # Signals
/// - `http_client_requests_total{method,server,status}`, `http_client_request_duration_seconds{method,server}` with an
///   exemplar, and `http_client_requests_in_flight{server}`. `server` is host and port of the request's URI, `_unknown`
///   without one, `_overflow` beyond the limit. `status` is the received one, also if the caller dropped the body: it then
///   needed no more. It is `_error` if there was none, or the body broke off or ended before its `content-length`, and
///   `_aborted` if the caller dropped the request before there was a response.
/// - A span of kind client, named by the [`Route`](crate::Route) in the request's extensions if there is one. It is the
///   child of the current span or of a context entered by [`SpanContext::enter`](radiosonde_core::SpanContext::enter). Its
///   context is written to `traceparent` and `tracestate` of the request; without spans, the current context is.
/// - One event with the target `radiosonde::client`: at WARN for a failure or a status of 400 and more, otherwise at DEBUG.
///
/// # Cost
/// The same as for [`ServerLayer`](crate::ServerLayer).
#[derive(Debug, Clone)]
pub struct ClientLayer {
    metrics: Arc<HttpMetrics>,
    pub(crate) forwards_debug: bool,
}

impl ClientLayer {
    /// Creates a layer with its metrics in [`Registry::global`]. Layers on the same registry share their metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn new() -> Result<Self, RegisterError> {
        Self::builder().build()
    }

    /// Builds a layer; default: the global registry and the system's clock.
    pub fn builder() -> ClientLayerBuilder {
        ClientLayerBuilder { registry: None, clock: Arc::new(SystemClock) }
    }
}

/// Builds a [`ClientLayer`].
#[must_use]
#[derive(Debug, Clone)]
pub struct ClientLayerBuilder {
    registry: Option<Registry>,
    clock: SharedClock,
}

impl ClientLayerBuilder {
    /// Sets the registry of the metrics; default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Sets the clock that measures durations; default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Registers the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn build(self) -> Result<ClientLayer, RegisterError> {
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let metrics = Arc::new(HttpMetrics::of_client(registry, self.clock)?);
        Ok(ClientLayer { metrics, forwards_debug: false })
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> ClientService<S> {
        ClientService::new(inner, Arc::clone(&self.metrics), self.forwards_debug)
    }
}
