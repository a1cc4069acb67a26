use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{HOST, HeaderMap, HeaderName, USER_AGENT};
use http::{Request, Response, Version};
use http_body::Body;
use radiosonde_trace::RemoteContext;
use tower_service::Service;
use tracing::Span;

use crate::debugging::{DebugRequests, Granted};
use crate::endpoint::Endpoint;
use crate::exchange::{Exchange, bounded};
use crate::served::Served;
use crate::side::Side;
use crate::{
    CORRELATION_ID, REQUEST_ID, RequestId, ResponseBody, ResponseFuture, Route, matched_path, served,
};

/// The service that [`ServerLayer`](crate::ServerLayer) makes.
#[derive(Debug, Clone)]
pub struct ServerService<S> {
    inner: S,
    side: Arc<Side>,
    debug: Option<Arc<DebugRequests>>,
}

/// The endpoint of a request that no route matched.
const UNMATCHED: &str = "_unmatched";

impl<S> ServerService<S> {
    pub(crate) const fn new(inner: S, side: Arc<Side>, debug: Option<Arc<DebugRequests>>) -> Self {
        Self { inner, side, debug }
    }
}

impl<S, Q, B> Service<Request<Q>> for ServerService<S>
where
    S: Service<Request<Q>, Response = Response<B>>,
    B: Body,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let started = self.side.clock.monotonic();
        let id = RequestId::take_or_make(request.headers());
        let extensions = request.extensions();
        let route = extensions.get::<Route>().map(Route::as_str).or_else(|| matched_path::of(extensions));
        let endpoint = self.side.endpoints.get(route.unwrap_or(UNMATCHED));
        let granted = self.debug.as_ref().and_then(|debug| debug.granted(request.headers()));
        let level = granted.as_ref().map(Granted::level);
        let incoming = radiosonde_trace::extract(request.headers());
        let span = open_span(&request, incoming.as_ref(), route.is_some().then_some(&*endpoint), &id, level);
        if let Some(granted) = granted {
            granted.carry(&span);
        }
        let mut exchange = Exchange::start(&self.side, endpoint, span, started, &request);
        request.headers_mut().insert(REQUEST_ID, id.header());
        request.extensions_mut().insert(id.clone());
        request.extensions_mut().insert(Served::new(incoming, RemoteContext::of(exchange.span())));
        // A service may do all its work in `call`, and panic in it: the exchange is there already.
        let future = exchange.poll(|| self.inner.call(request));
        ResponseFuture::new(future, exchange, Some(id))
    }
}

fn open_span<Q>(
    request: &Request<Q>,
    incoming: Option<&RemoteContext>,
    route: Option<&Endpoint>,
    id: &RequestId,
    level: Option<&'static str>,
) -> Span {
    let headers = request.headers();
    let method = bounded(request.method());
    let route = route.map(|endpoint| &*endpoint.name);
    let correlation = RequestId::take(headers, &CORRELATION_ID);
    let name = match route {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    };
    // Fields are what log lines inherit; the rest of the attributes would only be noise in each of them.
    let span = tracing::info_span!(
        target: "radiosonde::http",
        "http_request",
        otel.name = name,
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        url.path = request.uri().path(),
        request_id = id.as_str(),
        correlation_id = correlation.as_ref().map(RequestId::as_str),
        // Has a log filter let everything through up to it.
        radiosonde.log = level,
    );
    if let Some(parent) = served::parent(request.extensions(), incoming) {
        // Fails only where nothing records spans.
        let _ = radiosonde_trace::set_parent(&span, &parent);
    }
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

/// `server.address` and `server.port` from `host` or `host:port`.
pub(crate) fn set_server(span: &Span, host: Option<&str>) {
    let Some(Ok(authority)) = host.map(str::parse::<http::uri::Authority>) else { return };
    radiosonde_trace::set_attribute(span, "server.address", authority.host().to_owned());
    if let Some(port) = authority.port_u16() {
        radiosonde_trace::set_attribute(span, "server.port", port);
    }
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
