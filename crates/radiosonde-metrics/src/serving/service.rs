use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, VARY};
use http::{Method, Request, Response, StatusCode};
use http_body::{Frame, SizeHint};
use tower_service::Service;

use crate::{Dialect, Registry};

/// A tower service that answers every GET and HEAD with the registry's metrics, whatever the path.
///
/// The format is the one that `Accept` likes best: see [`Dialect::negotiate`]. Other methods get 405.
///
/// ```
/// use radiosonde_metrics::{MetricsService, Registry};
/// use tower_service::Service as _;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let mut service = MetricsService::new(&Registry::new());
/// let response = service.call(http::Request::new(())).await?;
/// assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MetricsService {
    registry: Registry,
}

impl MetricsService {
    /// A service for `registry`.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self { registry: registry.clone() }
    }

    /// The answer to a request with this method and these headers.
    pub(crate) fn answer(&self, method: &Method, headers: &HeaderMap) -> Response<MetricsBody> {
        if method != Method::GET && method != Method::HEAD {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "allowed are GET and HEAD\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let accept: Vec<&str> =
            headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        let dialect = Dialect::negotiate(&accept.join(","));
        let body = Bytes::from(self.registry.encode_bytes(dialect));
        let length = HeaderValue::from(body.len());
        let is_head = method == Method::HEAD;
        let mut response = Response::new(MetricsBody((!is_head).then_some(body)));
        if is_head {
            // Servers tell the length of the body that they are given, and here that is none.
            response.headers_mut().insert(CONTENT_LENGTH, length);
        }
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(dialect.content_type()));
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
        response
    }
}

pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response<MetricsBody> {
    let mut response = Response::new(MetricsBody(Some(Bytes::from_static(text.as_bytes()))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

impl<B> Service<Request<B>> for MetricsService {
    type Response = Response<MetricsBody>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.answer(request.method(), request.headers())))
    }
}

/// The body of a scrape: one piece of known length.
#[derive(Debug, Clone)]
pub struct MetricsBody(Option<Bytes>);

impl http_body::Body for MetricsBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;

    #[test]
    fn answers_in_the_format_that_is_asked_for() {
        let service = MetricsService::new(&Registry::new());
        let mut headers = HeaderMap::new();
        headers.append(ACCEPT, HeaderValue::from_static("text/plain;q=0.5"));
        headers.append(ACCEPT, HeaderValue::from_static("application/openmetrics-text"));
        let response = service.answer(&Method::GET, &headers);
        assert_eq!(response.headers()[CONTENT_TYPE], Format::OpenMetrics.content_type());
        assert_eq!(response.headers()[VARY], "accept");
    }

    #[test]
    fn a_head_request_gets_the_head_alone() {
        let service = MetricsService::new(&Registry::new());
        let [get, head] =
            [Method::GET, Method::HEAD].map(|method| service.answer(&method, &HeaderMap::new()));
        let length = http_body::Body::size_hint(get.body()).exact().map(|length| length.to_string());
        assert_eq!(head.headers()[CONTENT_TYPE], get.headers()[CONTENT_TYPE]);
        assert_eq!(
            head.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()),
            length.as_deref()
        );
        assert!(http_body::Body::is_end_stream(head.body()), "HTTP/2 servers send what they are given");
    }

    #[test]
    fn other_methods_are_refused() {
        let response = MetricsService::new(&Registry::new()).answer(&Method::POST, &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()[ALLOW], "GET, HEAD");
    }
}
