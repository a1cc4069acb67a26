use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, UPGRADE};
use http::response::Parts;
use http::{HeaderMap, Method, StatusCode, Uri, Version};
use radiosonde_core::{Outcome, WorkIds};
use radiosonde_signals::Ended;
use radiosonde_trace::RemoteContext;
use tracing::Span;

use crate::connections::connection_handle::ConnectionHandle;
use crate::describing::captured;
use crate::describing::method::MethodName;
use crate::describing::scheme::Scheme;
use crate::describing::short_text::ShortText;
use crate::grpc::rpc::Rpc;
use crate::grpc::rpc_method;
use crate::lifecycle::exchange::{Exchange, Follows};
use crate::lifecycle::request_outcome::{BODY_ERROR, SERVICE_ERROR};
use crate::measuring::server_endpoint::ServerEndpoint;
use crate::measuring::server_metrics::UNMATCHED;
use crate::routing::matched_path;
use crate::routing::request_head::RequestHead;
use crate::routing::route::Route;
use crate::server::opening::{Opening, name_of};
use crate::server::server_settings::ServerSettings;
use crate::server::signals::Signals;

/// A request to the service as a unit of work: what its signals are derived from.
#[derive(Debug)]
pub struct ServerRequest {
    pub(crate) settings: Arc<ServerSettings>,
    pub(crate) signals: Signals,
    /// The endpoint under which the request is in flight.
    pub(crate) entered: Arc<ServerEndpoint>,
    /// The endpoint that was known only with the response.
    pub(crate) learned: Option<Arc<ServerEndpoint>>,
    pub(crate) method: MethodName,
    pub(crate) scheme: Scheme,
    pub(crate) uri: Uri,
    pub(crate) status: Option<StatusCode>,
    pub(crate) kind: ResponseKind,
    pub(crate) rpc: Option<Rpc>,
    pub(crate) request_bytes: Option<u64>,
    pub(crate) response_bytes: u64,
    pub(crate) first_byte: Option<Duration>,
    /// The values of further labels.
    pub(crate) labels: Vec<Arc<str>>,
    /// The caller's context, where no span of the layer stands for it.
    pub(crate) context: Option<RemoteContext>,
    /// The endpoint under which a stream is counted as open.
    pub(crate) streaming: Option<Arc<ServerEndpoint>>,
    /// The connection of a request that asks to upgrade it.
    pub(crate) connection: Option<ConnectionHandle>,
    pub(crate) ids: WorkIds,
    /// Whether the response has the ids from here, and not from a layer outside.
    answers_ids: bool,
}

/// What a response is to the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseKind {
    Answer,
    /// It lasts as long as both sides like, so its duration is not a latency.
    Stream,
    /// The connection goes on in another protocol.
    Upgrade,
}

impl ServerRequest {
    pub(crate) fn new(settings: &Arc<ServerSettings>, signals: Signals, opening: &Opening<'_>) -> Self {
        let Opening { head, method, scheme, route, .. } = opening;
        let labels = if signals.contains(Signals::METRICS) { &*settings.labels } else { &[] };
        let mut new = Self {
            signals,
            entered: settings.metrics.endpoint(*route),
            learned: None,
            method: *method,
            scheme: *scheme,
            uri: head.uri.clone(),
            status: None,
            kind: ResponseKind::Answer,
            rpc: opening.rpc.clone(),
            request_bytes: length(head.headers),
            response_bytes: 0,
            first_byte: None,
            context: None,
            streaming: None,
            connection: to_upgrade(head, opening.version),
            labels: labels.iter().map(|label| label.value(head)).collect(),
            ids: WorkIds::NONE,
            answers_ids: false,
            settings: Arc::clone(settings),
        };
        // It is a stream while it waits for its head as well.
        new.streaming = new.is_declared_stream().then(|| Arc::clone(&new.entered));
        new
    }

    /// The request with these ids.
    pub(crate) fn with_ids(self, ids: WorkIds, answers_ids: bool) -> Self {
        Self { ids, answers_ids, ..self }
    }

    pub(crate) fn endpoint(&self) -> &Arc<ServerEndpoint> {
        self.learned.as_ref().unwrap_or(&self.entered)
    }

    /// A router further in, or a middleware, may know the route only now.
    fn learn_route(&mut self, span: &Span, head: &Parts) {
        let route = head.extensions.get::<Route>().map(Route::as_str);
        let route = route.or_else(|| matched_path::of(&head.extensions));
        if let Some(route) = route.filter(|route| **route != *self.entered.name) {
            self.learned = Some(self.settings.metrics.endpoint(Some(route)));
            span.record("http.route", route);
            if self.rpc.is_none() {
                let mut name = ShortText::default();
                span.record("otel.name", name_of(&mut name, self.method, Some(route)));
            }
        }
    }

    pub(crate) fn is_declared_stream(&self) -> bool {
        let endpoint = &*self.endpoint().name;
        self.settings.streams.iter().any(|route| route == endpoint)
    }

    fn kind_of(&self, head: &Parts) -> ResponseKind {
        let is_tunnel = self.method == MethodName::of(&Method::CONNECT) && head.status.is_success();
        if head.status == StatusCode::SWITCHING_PROTOCOLS || is_tunnel {
            return ResponseKind::Upgrade;
        }
        let is_declared = self.streaming.is_some()
            || self.is_declared_stream()
            || head.extensions.get::<Streaming>().is_some();
        if is_declared || is_event_stream(head) { ResponseKind::Stream } else { ResponseKind::Answer }
    }

    /// Reads the status of a gRPC call. A method that the service does not have must not name a span: it may be any text.
    fn read_rpc(&mut self, span: &Span, head: &Parts) {
        let Some(rpc) = &mut self.rpc else { return };
        rpc.head(head.status, &head.headers);
        if !rpc.is_answered() && !head.status.is_server_error() {
            // Any client can call a plain route so; what it gets is a plain answer.
            self.rpc = None;
            return;
        }
        let path = self.uri.path();
        // tonic's router is within the layers around it, and its templates are no methods.
        let is_named = self.learned.is_some() || &*self.entered.name != UNMATCHED;
        let is_known = || self.settings.rpc.as_ref().is_some_and(|metrics| metrics.knows(path));
        if !is_named && (rpc.has_method() || is_known()) && rpc_method::of_path(path).is_some() {
            self.learned = Some(self.settings.metrics.endpoint(Some(path)));
        }
        if rpc.is_unimplemented() && self.settings.rpc.as_ref().is_none_or(|metrics| !metrics.knows(path)) {
            span.record("otel.name", "grpc");
            radiosonde_trace::describe(span, |attributes| {
                attributes.set("rpc.method", "_OTHER");
                if let Some(method) = rpc_method::of_path(path) {
                    attributes.set("rpc.method_original", method);
                }
            });
        }
    }

    /// Adds what only the response shows to the span.
    fn describe_response(&self, span: &Span, head: &Parts) {
        let headers = &*self.settings.response_headers;
        if headers.is_empty() {
            return;
        }
        radiosonde_trace::describe(span, |attributes| {
            for (name, key) in headers {
                if let Some(value) = captured::value(&head.headers, name) {
                    attributes.set(key, value);
                }
            }
        });
    }
}

/// Marks a response as a stream: put it in the extensions of a response that is open until an event happens, as a long poll is.
///
/// The duration of a stream is not in the histogram of its route's latency, and a client that leaves ends it normally.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streaming;

fn is_event_stream(head: &Parts) -> bool {
    let Some(content_type) = head.headers.get(CONTENT_TYPE) else { return false };
    let kind = content_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    [&b"text/event-stream"[..], b"multipart/x-mixed-replace"]
        .iter()
        .any(|stream| kind.eq_ignore_ascii_case(stream))
}

/// The connection, if the request asks for another protocol on it. In HTTP/2 that is a matter of one of its streams.
fn to_upgrade(head: &RequestHead<'_>, version: Version) -> Option<ConnectionHandle> {
    let connection = head.extensions.get::<ConnectionHandle>()?;
    let is_asked = head.headers.contains_key(UPGRADE) || *head.method == Method::CONNECT;
    (is_asked && version < Version::HTTP_2).then(|| connection.clone())
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl Exchange for ServerRequest {
    fn head(&mut self, span: &Span, head: &mut Parts) -> Follows {
        if self.answers_ids {
            self.settings.ids.answer(&self.ids, span, &mut head.headers);
        }
        self.status = Some(head.status);
        self.learn_route(span, head);
        self.read_rpc(span, head);
        self.describe_response(span, head);
        self.kind = self.kind_of(head);
        match (self.kind, self.streaming.is_some()) {
            (ResponseKind::Stream, false) => self.begin_stream(),
            (ResponseKind::Upgrade, true) => self.end_stream(),
            _ => {}
        }
        let bodiless = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
        if self.method == MethodName::of(&Method::HEAD)
            || self.kind == ResponseKind::Upgrade
            || bodiless.contains(&head.status)
        {
            Follows::Nothing
        } else if self.rpc.is_some() {
            Follows::Trailers
        } else {
            Follows::Body
        }
    }

    fn first_byte(&mut self, took: Duration) {
        self.first_byte = Some(took);
    }

    fn data(&mut self, data: &impl Buf) {
        self.response_bytes += data.remaining() as u64;
        if let Some(rpc) = &mut self.rpc {
            rpc.data(data);
        }
    }

    fn trailers(&mut self, trailers: &HeaderMap) {
        if let Some(rpc) = &mut self.rpc {
            rpc.trailers(trailers);
        }
    }

    fn service_error(&self) -> Ended {
        Ended::from(Outcome::Failed).with_error_type(SERVICE_ERROR)
    }

    fn body_error(&self) -> Ended {
        Ended::from(Outcome::Failed).with_error_type(BODY_ERROR)
    }
}
