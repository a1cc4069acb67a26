use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response, Uri};
use http_body::Body;
use radiosonde_signals::Record;
use radiosonde_trace::RemoteContext;
use tower_service::Service;
use tracing::Span;
use tracing::field::Empty;

use crate::client::client_call::ClientCall;
use crate::debugging;
use crate::describing::server_address::set_server;
use crate::lifecycle::response_body::ResponseBody;
use crate::lifecycle::response_future::ResponseFuture;
use crate::measuring::http_metrics::HttpMetrics;
use crate::routing::route::Route;

/// The service created by [`ClientLayer`](crate::ClientLayer).
#[derive(Debug, Clone)]
pub struct ClientService<S> {
    inner: S,
    metrics: Arc<HttpMetrics>,
    forwards_debug: bool,
}

/// The server label for a URI without one.
const UNKNOWN: &str = "_unknown";

impl<S> ClientService<S> {
    pub(crate) const fn new(inner: S, metrics: Arc<HttpMetrics>, forwards_debug: bool) -> Self {
        Self { inner, metrics, forwards_debug }
    }
}

impl<S, Q, B> Service<Request<Q>> for ClientService<S>
where
    S: Service<Request<Q>, Response = Response<B>>,
    B: Body,
{
    type Response = Response<ResponseBody<B, ClientCall>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ClientCall>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let server = request.uri().authority().map_or(UNKNOWN, |authority| without_user(authority.as_str()));
        let exchange = ClientCall::new(&self.metrics, self.metrics.endpoints.get(server), &request);
        let mut record = Record::start(exchange, |exchange| open_span(exchange, &request));
        // Without a span of its own, the call propagates the current context.
        if let Some(context) = RemoteContext::of(record.span()).or_else(RemoteContext::current) {
            context.inject(request.headers_mut());
        }
        if self.forwards_debug {
            debugging::forward(record.span(), request.headers_mut());
        }
        let future = record.in_scope(|| self.inner.call(request));
        ResponseFuture::new(future, record)
    }
}

fn open_span<Q>(exchange: &ClientCall, request: &Request<Q>) -> Span {
    let method = exchange.method;
    let template = request.extensions().get::<Route>().map(Route::as_str);
    let name = match template {
        Some(template) => format!("{method} {template}"),
        None => method.to_owned(),
    };
    // No fields that log lines would mistake for those of the served request.
    let span = tracing::info_span!(
        target: "radiosonde::http",
        "http_client_request",
        otel.name = name,
        otel.kind = "client",
        otel.status_code = Empty,
    );
    if span.is_disabled() {
        return span;
    }
    radiosonde_trace::set_attribute(&span, "http.request.method", method);
    if method == "_OTHER" {
        radiosonde_trace::set_attribute(
            &span,
            "http.request.method_original",
            request.method().as_str().to_owned(),
        );
    }
    if let Some(template) = template {
        radiosonde_trace::set_attribute(&span, "url.template", template.to_owned());
    }
    radiosonde_trace::set_attribute(&span, "url.full", redacted(request.uri()));
    set_server(&span, request.uri().authority().map(|authority| without_user(authority.as_str())));
    span
}

/// The URI without user, password and query, which may contain secrets.
fn redacted(uri: &Uri) -> String {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => {
            format!("{scheme}://{}{}", without_user(authority.as_str()), uri.path())
        }
        _ => uri.path().to_owned(),
    }
}

fn without_user(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_a_uri_stay_out_of_the_span() {
        let uri: Uri = "https://ann:secret@example.com:8443/orders/7?token=secret".parse().unwrap();
        assert_eq!(redacted(&uri), "https://example.com:8443/orders/7");
        assert_eq!(redacted(&"/orders/7?token=secret".parse().unwrap()), "/orders/7");
    }
}
