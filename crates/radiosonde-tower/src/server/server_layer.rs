use std::sync::Arc;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::{RegisterError, Registry};
use tower_layer::Layer;

use crate::debugging::{DebugRequests, DebugVerifier};
use crate::measuring::http_metrics::HttpMetrics;
use crate::server::server_service::ServerService;

/// Records every request of an HTTP service: its metrics, its span and its access line.
///
/// # Signals
/// - `http_requests_total{method,endpoint,status}`, `http_request_duration_seconds{method,endpoint}` with an exemplar, and
///   `http_requests_in_flight{endpoint}`. `endpoint` is the route's template, `_unmatched` without one, `_overflow` beyond
///   the limit of endpoints. `method` is one of the nine that RFC 9110 and 5789 define, or `_OTHER`. `status` is the one
///   sent; `499` if the client disconnected before the end, `500` if the service failed or panicked, or its body broke off
///   or ended before its `content-length`.
/// - A span of kind server with OpenTelemetry's HTTP attributes. It is the child of the request's `traceparent` if that is
///   valid, otherwise of the current open span, otherwise a root. The handler and the body run in it. A second layer's span
///   is the child of the first layer's, whether there is a `traceparent` or not.
/// - One event with the target `radiosonde::access`: at ERROR for a failure, at WARN for an abort, otherwise at INFO.
/// - A [`RequestId`](crate::RequestId) in the request's extensions, in the span and in the response's `x-request-id`. A
///   valid `x-correlation-id` is added to the span, too.
///
/// # When a request ends
/// At the last byte or the trailers of its response's body; at the head for HEAD, 101, 204, 304 and a body that is known to
/// be empty; when the service returns an error; or when the future or the body is dropped, whichever is first. The span ends
/// at that time too, and is exported, even if a task that was spawned in it continues. Future and body are dropped in the
/// span, so that lines of their destructors have its ids.
///
/// # Cost
/// No boxed future and no boxed body. The request's id, its two headers and the span's fields are allocated.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>
#[derive(Debug, Clone)]
pub struct ServerLayer {
    metrics: Arc<HttpMetrics>,
    debug: Option<Arc<DebugVerifier>>,
    is_edge: bool,
}

impl ServerLayer {
    /// Creates a layer with its metrics in [`Registry::global`]. Layers on the same registry share their metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn new() -> Result<Self, RegisterError> {
        Self::builder().build()
    }

    /// The same layer, with its metrics and debug requests, as a [trust boundary](ServerLayerBuilder::trust_boundary).
    #[must_use]
    pub fn at_trust_boundary(self) -> Self {
        Self { is_edge: true, ..self }
    }

    /// Builds a layer; default: the global registry, the system's clock, and no debug requests.
    pub fn builder() -> ServerLayerBuilder {
        ServerLayerBuilder { registry: None, clock: Arc::new(SystemClock), debug: None, is_edge: false }
    }
}

/// Builds a [`ServerLayer`].
#[must_use]
#[derive(Debug, Clone)]
pub struct ServerLayerBuilder {
    registry: Option<Registry>,
    clock: SharedClock,
    pub(crate) debug: Option<DebugRequests>,
    is_edge: bool,
}

impl ServerLayerBuilder {
    /// Sets the registry of the metrics; default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Sets the clock for durations and expiry; default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Makes this a trust boundary: each request starts a new trace, which links to the one that the caller sent. For a public
    /// edge, where a caller must not decide on sampling, nor join its requests to traces or baggage of others.
    pub const fn trust_boundary(mut self) -> Self {
        self.is_edge = true;
        self
    }

    /// Registers the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn build(self) -> Result<ServerLayer, RegisterError> {
        let Self { registry, clock, debug, is_edge } = self;
        let registry = registry.as_ref().unwrap_or_else(|| Registry::global());
        let verifier = |requests| DebugVerifier::new(requests, registry, Arc::clone(&clock)).map(Arc::new);
        let debug = debug.map(verifier).transpose()?;
        let metrics = Arc::new(HttpMetrics::of_server(registry, clock)?);
        Ok(ServerLayer { metrics, debug, is_edge })
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = ServerService<S>;

    fn layer(&self, inner: S) -> ServerService<S> {
        ServerService::new(inner, Arc::clone(&self.metrics), self.debug.clone(), self.is_edge)
    }
}
