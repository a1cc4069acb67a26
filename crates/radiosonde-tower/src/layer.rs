use std::sync::Arc;

use radiosonde_core::SharedClock;
use radiosonde_metrics::{RegisterError, Registry};
use tower_layer::Layer;

use crate::client::ClientService;
use crate::debugging::{DebugRequests, Forwarding};
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
    pub(crate) debug: Option<Arc<DebugRequests>>,
}

/// More endpoints than this are counted as one; an application has fewer routes.
const ENDPOINTS: usize = 500;

impl ServerLayer {
    /// A layer whose metrics are in `registry`. Layers on the same registry share their metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics of these names.
    pub fn new(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(HttpMetrics::server(registry, ENDPOINTS)?);
        Ok(Self { metrics, debug: None })
    }

    /// The clock that measures durations; default: the system's.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        Arc::make_mut(&mut self.metrics).clock = clock;
        self
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = ServerService<S>;

    fn layer(&self, inner: S) -> ServerService<S> {
        ServerService::new(inner, Arc::clone(&self.metrics), self.debug.clone())
    }
}

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
/// As [`ServerLayer`].
#[derive(Debug, Clone)]
pub struct ClientLayer {
    metrics: Arc<HttpMetrics>,
    pub(crate) forwarding: Forwarding,
}

/// More servers than this are counted as one: who calls arbitrary hosts must not make a series for each.
const SERVERS: usize = 100;

impl ClientLayer {
    /// A layer whose metrics are in `registry`. Layers on the same registry share their metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics of these names.
    pub fn new(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(HttpMetrics::client(registry, SERVERS)?);
        Ok(Self { metrics, forwarding: Forwarding::OFF })
    }

    /// The clock that measures durations; default: the system's.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        Arc::make_mut(&mut self.metrics).clock = clock;
        self
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> ClientService<S> {
        ClientService::new(inner, Arc::clone(&self.metrics), self.forwarding)
    }
}
