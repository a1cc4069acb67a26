use std::sync::Arc;

use radiosonde_metrics::RegisterError;
use tower_layer::Layer;

use crate::server::server_layer_builder::ServerLayerBuilder;
use crate::server::server_service::ServerService;
use crate::server::server_settings::ServerSettings;

/// Records every request of an HTTP service: its metrics, its span and its access line.
///
/// # Signals
/// - Metrics, by the names of [`ServerNames`](crate::ServerNames): requests, duration with an exemplar, requests in flight, bytes of
///   requests and responses, requests that clients gave up, panics, and streams. `endpoint` is the route's template, `_unmatched`
///   without one, `_overflow` beyond 500. `method` is one of the nine that RFC 9110 and 5789 define, or `_OTHER`. `status` is the
///   one sent; `499` if the client left before the end, `500` if the service failed or panicked, or its body broke off or ended
///   before its `content-length`.
/// - Of a gRPC call also `grpc_server_handled_total{grpc_service,grpc_method,grpc_code}`,
///   `grpc_server_handling_seconds{grpc_service,grpc_method}`, and `grpc_server_msg_sent_total`, which counts the messages of
///   responses; or OpenTelemetry's `rpc_server_call_duration_seconds`. A response without a `grpc-status` has the code `Unknown`. A
///   status that a server is responsible for, such as `Internal`, is a failure, and has the `status` `500` above. A method has
///   series of its own once a gRPC response to it was not `Unimplemented`, `Unauthenticated` or `PermissionDenied`, `_OTHER` until
///   then, and `_overflow` beyond 500: a caller may send any path. Its path is the `endpoint` if no route is known.
/// - A span of kind server with OpenTelemetry's HTTP attributes. It is the child of the request's `traceparent` if that is valid,
///   otherwise of the current open span, otherwise a root. The handler and the body run in it.
/// - One event with the target `radiosonde::access`, by the [`LinePolicy`](crate::LinePolicy), with the field `outcome`: a
///   [`RequestOutcome`](crate::RequestOutcome).
/// - A request id and a correlation id, by [`IdOptions`](crate::IdOptions): in the span, in the response, in calls and messages,
///   and for handlers as [`RequestId`](crate::RequestId) and [`CorrelationId`](crate::CorrelationId).
///
/// A layer within another one records only what that one does not: a request is counted once. It reports the route to the other one.
///
/// # When a request ends
/// At the last byte or the trailers of its response's body; at the head for HEAD, 101, 204, 304, an answered CONNECT and a body that
/// is known to be empty; when the service returns an error; or when the future or the body is dropped, whichever is first. The span
/// ends at that time too, and is exported, even if a task that was spawned in it continues. Future and body are dropped in the
/// span, so that lines of their destructors have its ids.
///
/// # Streams
/// Server-sent events (`text/event-stream`), `multipart/x-mixed-replace`, routes named by
/// [`streams`](ServerLayerBuilder::streams), and responses with [`Streaming`](crate::Streaming) in their extensions last as long as
/// both sides like. They are not in the histogram of latencies nor in flight; they have a gauge and a histogram of their own, and
/// a client that leaves ends them normally.
///
/// # Cost
/// No boxed future and no boxed body. Series are looked up without a lock, and kept by endpoint, method and status.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>
#[derive(Debug, Clone)]
pub struct ServerLayer {
    settings: Arc<ServerSettings>,
    is_edge: bool,
}

impl ServerLayer {
    /// Creates a layer with its metrics in [`Registry::global`](radiosonde_metrics::Registry::global). Layers on the same registry
    /// share their metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn new() -> Result<Self, RegisterError> {
        Self::builder().build()
    }

    /// Builds a layer; default: the global registry, the system's clock, all signals, and no debug requests.
    pub fn builder() -> ServerLayerBuilder {
        ServerLayerBuilder::new()
    }

    pub(crate) fn of(settings: ServerSettings, is_edge: bool) -> Self {
        Self { settings: Arc::new(settings), is_edge }
    }

    /// The same layer, with its metrics and options, as a [trust boundary](ServerLayerBuilder::trust_boundary).
    #[must_use]
    pub fn at_trust_boundary(self) -> Self {
        Self { is_edge: true, ..self }
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = ServerService<S>;

    fn layer(&self, inner: S) -> ServerService<S> {
        ServerService::new(inner, Arc::clone(&self.settings), self.is_edge)
    }
}
