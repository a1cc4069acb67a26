use std::sync::Arc;

use http::Uri;
use radiosonde_metrics::RegisterError;
use tower_layer::Layer;

use crate::client::client_layer_builder::ClientLayerBuilder;
use crate::client::client_service::ClientService;
use crate::client::client_settings::ClientSettings;

/// Records every request of an HTTP or gRPC client, and propagates the trace.
///
/// # Signals
/// - `http_client_requests_total{method,server,status}`, `http_client_request_duration_seconds{method,server}` with an
///   exemplar, `http_client_requests_in_flight{server}`, and `http_client_retries_total{server}`, for which see
///   [`CountAttempts`](crate::CountAttempts). `server` is host and port of the request's URI, of its `Host` or of the
///   [connection](Self::connected_to), such as `example.com:443`; `_unknown` without one, `_overflow` beyond 100 servers.
///   `status` is the received one, also if the caller dropped the body: it then needed no more. It is `_error` if there was none,
///   or the body broke off or ended before its `content-length`, and `_aborted` if the caller dropped the request before there was
///   a response.
/// - Of a gRPC call also `grpc_client_handled_total{grpc_service,grpc_method,grpc_code}`,
///   `grpc_client_handling_seconds{grpc_service,grpc_method}`, and `grpc_client_msg_received_total`, which counts the messages of
///   responses. A response without a `grpc-status` has the code `Unknown`. A server's error, such as `Internal`, has the `status`
///   `_error` above.
/// - A span of kind client with OpenTelemetry's attributes, named by the [`Route`](crate::Route) in the request's extensions if
///   there is one, or by the gRPC method. It is the child of the current span or of a context entered by
///   [`SpanContext::enter`](radiosonde_core::SpanContext::enter). Its context is written to `traceparent` and `tracestate` of the
///   request; without spans, the current context is.
/// - The current correlation id in the request's `x-correlation-id`, or other ids by [`IdOptions`](crate::IdOptions).
/// - One event with the target `radiosonde::client`: at WARN for a failure, a status of 400 and more and any gRPC status but OK,
///   otherwise at DEBUG, or by a [rule](ClientLayerBuilder::line_level).
///
/// # Which stacks
/// Around any service of `http::Request`: hyper-util's `Client`, a hyper connection, tonic's `Channel`, reqwest by the feature
/// `reqwest`. Inside of retries, so that each attempt is a call, and inside of a time limit, whose calls then count as aborted.
///
/// It is not for servers: an axum `Router` accepts it as a layer, because the types fit, but would record the requests that it
/// serves as calls. This is reported once, through [`diagnostics`](radiosonde_core::diagnostics).
///
/// # Cost
/// The same as for [`ServerLayer`](crate::ServerLayer). No boxed future and no boxed body.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client>,
/// <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>
#[derive(Debug, Clone)]
pub struct ClientLayer {
    settings: Arc<ClientSettings>,
    pub(crate) forwards_debug: bool,
    server: Option<Arc<Uri>>,
}

impl ClientLayer {
    /// Creates a layer with its metrics in [`Registry::global`](radiosonde_metrics::Registry::global). Layers on the same registry
    /// share their metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn new() -> Result<Self, RegisterError> {
        Self::builder().build()
    }

    /// Builds a layer; default: all signals, in the global registry, by the system's clock.
    pub fn builder() -> ClientLayerBuilder {
        ClientLayerBuilder::new()
    }

    pub(crate) fn of(settings: ClientSettings) -> Self {
        Self { settings: Arc::new(settings), forwards_debug: false, server: None }
    }

    /// The same layer, for a client with one connection or a pool of connections to one server, such as hyper's `SendRequest` and
    /// tonic's `Channel`: their requests name neither scheme nor host. A request that does name them is recorded by those.
    ///
    /// ```
    /// # let registry = radiosonde_metrics::Registry::new();
    /// # let client_layer = radiosonde_tower::ClientLayer::builder().registry(&registry).build()?;
    /// let orders = http::Uri::from_static("https://orders.internal:50051");
    /// let layer = client_layer.connected_to(orders);
    /// # drop(layer);
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    #[must_use]
    pub fn connected_to(self, server: Uri) -> Self {
        Self { server: Some(Arc::new(server)), ..self }
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> ClientService<S> {
        ClientService::new(inner, Arc::clone(&self.settings), self.forwards_debug, self.server.clone())
    }
}
