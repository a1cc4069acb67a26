use std::sync::Arc;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::{RegisterError, Registry};
use tower_layer::Layer;

use crate::client::ClientService;
use crate::debugging::Forwarding;
use crate::http_metrics::HttpMetrics;

/// Wraps an HTTP client so that every request leaves one record, and takes the trace along.
///
/// # What comes out
/// - `http_client_requests_total{method,server,status}`, `http_client_request_duration_seconds{method,server}` with an exemplar,
///   and `http_client_requests_in_flight{server}`. `server` is host and port of the request's URI, `_unknown` without one,
///   `_overflow` after the limit. `status` is the one that was received, also where the caller dropped the body: it has what it
///   wanted. `_error` where there was none or the body broke off or ended before its `content-length`, `_aborted` where the caller
///   dropped the request before there was a response.
/// - A span of kind client, named by the [`Route`](crate::Route) in the request's extensions if there is one, the child of the
///   current span or of a context entered by [`SpanContext::enter`](radiosonde_core::SpanContext::enter). Its context is put into
///   `traceparent` and `tracestate` of the request; the current one is, where nothing makes spans.
/// - One event with the target `radiosonde::client`: a warning for a failure or a status of 400 and more, otherwise for debugging.
///
/// # Cost
/// As [`ServerLayer`](crate::ServerLayer).
#[derive(Debug, Clone)]
pub struct ClientLayer {
    metrics: Arc<HttpMetrics>,
    pub(crate) forwarding: Forwarding,
}

/// More servers than this are counted as one: who calls arbitrary hosts must not make a series for each.
const SERVERS: usize = 100;

impl ClientLayer {
    /// A layer whose metrics are in [`Registry::global`]. Layers on the same registry share their metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics of these names.
    pub fn new() -> Result<Self, RegisterError> {
        Self::builder().build()
    }

    /// Default: the global registry and the system's clock.
    pub fn builder() -> ClientLayerBuilder {
        ClientLayerBuilder { registry: None, clock: Arc::new(SystemClock) }
    }
}

/// Builder of a [`ClientLayer`].
#[must_use]
#[derive(Debug, Clone)]
pub struct ClientLayerBuilder {
    registry: Option<Registry>,
    clock: SharedClock,
}

impl ClientLayerBuilder {
    /// The registry that the metrics are in. Default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// The clock that measures durations. Default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Registers the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics of these names.
    pub fn build(self) -> Result<ClientLayer, RegisterError> {
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let metrics = Arc::new(HttpMetrics::client(registry, self.clock, SERVERS)?);
        Ok(ClientLayer { metrics, forwarding: Forwarding::OFF })
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> ClientService<S> {
        ClientService::new(inner, Arc::clone(&self.metrics), self.forwarding)
    }
}
