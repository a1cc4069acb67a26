use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{HOST, HeaderMap, HeaderName, USER_AGENT};
use http::{Request, Response, Version};
use http_body::Body;
use radiosonde_signals::Record;
use radiosonde_trace::{RemoteContext, SpanLink};
use tower_service::Service;
use tracing::Span;
use tracing::field::Empty;

use crate::debugging::{DebugVerifier, Granted};
use crate::describing::server_address::set_server;
use crate::ids::request_id::{CORRELATION_ID, REQUEST_ID, RequestId};
use crate::lifecycle::response_body::ResponseBody;
use crate::lifecycle::response_future::ResponseFuture;
use crate::measuring::http_metrics::HttpMetrics;
use crate::routing::matched_path;
use crate::routing::route::Route;
use crate::server::served::{self, Parent, Served};
use crate::server::server_request::ServerRequest;

/// The service created by [`ServerLayer`](crate::ServerLayer).
#[derive(Debug, Clone)]
pub struct ServerService<S> {
    inner: S,
    metrics: Arc<HttpMetrics>,
    debug: Option<Arc<DebugVerifier>>,
    is_edge: bool,
}

/// The endpoint of a request that no route matched.
const UNMATCHED: &str = "_unmatched";

impl<S> ServerService<S> {
    pub(crate) const fn new(
        inner: S,
        metrics: Arc<HttpMetrics>,
        debug: Option<Arc<DebugVerifier>>,
        is_edge: bool,
    ) -> Self {
        Self { inner, metrics, debug, is_edge }
    }
}

impl<S, Q, B> Service<Request<Q>> for ServerService<S>
where
    S: Service<Request<Q>, Response = Response<B>>,
    B: Body,
{
    type Response = Response<ResponseBody<B, ServerRequest>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ServerRequest>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let id = RequestId::take_or_make(request.headers());
        let extensions = request.extensions();
        let route = extensions.get::<Route>().map(Route::as_str).or_else(|| matched_path::of(extensions));
        let is_matched = route.is_some();
        let endpoint = self.metrics.endpoints.get(route.unwrap_or(UNMATCHED));
        let granted = self.debug.as_ref().and_then(|debug| debug.granted(request.headers()));
        let level = granted.as_ref().map(Granted::level);
        let incoming = radiosonde_trace::extract(request.headers());
        let mut record =
            Record::start(ServerRequest::new(&self.metrics, endpoint, &request, id.clone()), |exchange| {
                let make = || open_span(exchange, is_matched, &request, &id, level);
                match served::parent(request.extensions(), incoming.as_ref(), self.is_edge) {
                    Parent::Current => make(),
                    Parent::Context(parent) => radiosonde_trace::child_of(&parent, make),
                    Parent::LinkedRoot(caller) => {
                        let span = radiosonde_trace::root_of(make);
                        if let Some(caller) = caller {
                            radiosonde_trace::add_link(&span, SpanLink::to(&caller));
                        }
                        span
                    }
                }
            });
        if let Some(granted) = granted {
            granted.carry(record.span());
        }
        request.headers_mut().insert(REQUEST_ID, id.header());
        request.extensions_mut().insert(id.clone());
        request.extensions_mut().insert(Served::new(incoming, RemoteContext::of(record.span())));
        // A service may do all its work in `call`, and panic in it: the record is already open.
        let future = record.in_scope(|| self.inner.call(request));
        ResponseFuture::new(future, record)
    }
}

fn open_span<Q>(
    exchange: &ServerRequest,
    is_matched: bool,
    request: &Request<Q>,
    id: &RequestId,
    level: Option<&'static str>,
) -> Span {
    let headers = request.headers();
    let method = exchange.method;
    let route = is_matched.then_some(exchange.endpoint());
    let correlation = RequestId::take(headers, &CORRELATION_ID);
    let name = match route {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    };
    // Log lines inherit fields; other attributes would be noise in each of them.
    let span = tracing::info_span!(
        target: "radiosonde::http",
        "http_request",
        otel.name = name,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        url.path = request.uri().path(),
        request_id = id.as_str(),
        correlation_id = correlation.as_ref().map(RequestId::as_str),
        // A level override for the log filter.
        radiosonde.log = level,
    );
    if span.is_disabled() {
        return span;
    }
    let set = |key, value: Option<&str>| {
        if let Some(value) = value {
            radiosonde_trace::set_attribute(&span, key, value.to_owned());
        }
    };
    if method == "_OTHER" {
        set("http.request.method_original", Some(request.method().as_str()));
    }
    set("url.scheme", Some(request.uri().scheme_str().unwrap_or("http")));
    set("network.protocol.version", protocol(request.version()));
    set("user_agent.original", text(headers, &USER_AGENT));
    let host = request.uri().authority().map(http::uri::Authority::as_str).or_else(|| text(headers, &HOST));
    set_server(&span, host);
    span
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

const fn protocol(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        Version::HTTP_3 => Some("3"),
        _ => None,
    }
}
