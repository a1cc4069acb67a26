use std::sync::Arc;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::{RegisterError, Registry};
use tower_layer::Layer;

use crate::debugging::{DebugRequests, DebugVerifier};
use crate::http_metrics::HttpMetrics;
use crate::server::ServerService;

/// Wraps an HTTP service so that every request leaves one record: its metrics, its span and its access line.
///
/// # What comes out
/// - `http_requests_total{method,endpoint,status}`, `http_request_duration_seconds{method,endpoint}` with an exemplar, and
///   `http_requests_in_flight{endpoint}`. `endpoint` is the route's template, `_unmatched` without one, `_overflow` after the
///   limit of endpoints. `method` is one of the nine that RFC 9110 and 5789 define, or `_OTHER`. `status` is the one that was sent;
///   `499` where the client went away before the end, `500` where the service failed, panicked, or its body broke off or ended before
///   its `content-length`.
/// - A span of kind server with OpenTelemetry's HTTP attributes, the child of the request's `traceparent` if that is valid, or else
///   of an open span that is current, or else a root. The handler runs in it, and so does the body. A second layer's span is the
///   child of the first layer's, whether there is a `traceparent` or not.
/// - One event with the target `radiosonde::access`: an error for a failure, a warning for an abort, otherwise information.
/// - A [`RequestId`](crate::RequestId) in the request's extensions, in the span and in the response's `x-request-id`. A valid
///   `x-correlation-id` is put into the span, too.
///
/// # When a request ends
/// At the last byte or the trailers of its response's body; at the head for HEAD, 101, 204, 304 and a body that is known to be
/// empty; when the service returns an error; or when the future or the body is dropped. Each ends once, whichever comes first. The
/// span ends at that time too, and is exported, though a task that was spawned in it may go on. Future and body are dropped in the
/// span, so that what their destructors log has its ids.
///
/// # Cost
/// No boxed future and no boxed body. The request's id, its two headers and the span's fields allocate.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>
#[derive(Debug, Clone)]
pub struct ServerLayer {
    metrics: Arc<HttpMetrics>,
    debug: Option<Arc<DebugVerifier>>,
}

/// More endpoints than this are counted as one; an application has fewer routes.
const ENDPOINTS: usize = 500;

impl ServerLayer {
    /// A layer whose metrics are in [`Registry::global`]. Layers on the same registry share their metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics of these names.
    pub fn new() -> Result<Self, RegisterError> {
        Self::builder().build()
    }

    /// Default: the global registry, the system's clock, and no debug requests.
    pub fn builder() -> ServerLayerBuilder {
        ServerLayerBuilder { registry: None, clock: Arc::new(SystemClock), debug: None }
    }
}

/// Builder of a [`ServerLayer`].
#[must_use]
#[derive(Debug, Clone)]
pub struct ServerLayerBuilder {
    registry: Option<Registry>,
    clock: SharedClock,
    pub(crate) debug: Option<DebugRequests>,
}

impl ServerLayerBuilder {
    /// The registry that the metrics are in. Default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// The clock that measures durations and tells what has expired. Default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Registers the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics of these names.
    pub fn build(self) -> Result<ServerLayer, RegisterError> {
        let Self { registry, clock, debug } = self;
        let registry = registry.as_ref().unwrap_or_else(|| Registry::global());
        let verifier = |requests| DebugVerifier::new(requests, registry, Arc::clone(&clock)).map(Arc::new);
        let debug = debug.map(verifier).transpose()?;
        let metrics = Arc::new(HttpMetrics::server(registry, clock, ENDPOINTS)?);
        Ok(ServerLayer { metrics, debug })
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = ServerService<S>;

    fn layer(&self, inner: S) -> ServerService<S> {
        ServerService::new(inner, Arc::clone(&self.metrics), self.debug.clone())
    }
}
