use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, VARY};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body::{Frame, SizeHint};
use tower_service::Service;

use crate::Registry;
use crate::serving::scrape::{Scrape, Unanswerable};

/// A tower service that answers every GET and HEAD with the registry's metrics, whatever the path.
///
/// The format is the one that `Accept` likes best: see [`Dialect::negotiate`](crate::Dialect::negotiate). Other methods get 405.
///
/// # Compression
/// With the features `gzip` and `zstd`, a body of more than 1024 bytes is compressed if `Accept-Encoding` asks for it: weights
/// are honoured, and between equal ones zstd comes first. Both at their fastest level, on the thread that answers. A request that
/// refuses the plain body and names nothing else that is there gets 406.
///
/// # Selection
/// `?name[]=orders_total&name[]=wait_seconds` asks for these families alone, by their names or those of their samples: see
/// [`Selection`](crate::Selection). A `name[]` that is not percent-encoded UTF-8 gets 400.
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

    /// The answer to a request with this method, to this target, with these headers.
    pub(crate) fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response<MetricsBody> {
        if method != Method::GET && method != Method::HEAD {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "allowed are GET and HEAD\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let scrape = match Scrape::read(uri.query(), headers) {
            Ok(scrape) => scrape,
            Err(Unanswerable::Coding) => {
                return varying(plain(StatusCode::NOT_ACCEPTABLE, "every coding of the body is refused\n"));
            }
            Err(Unanswerable::Name) => {
                return plain(StatusCode::BAD_REQUEST, "a name[] is not percent-encoded UTF-8\n");
            }
        };
        let (body, coding) = scrape.make(&self.registry);
        let length = HeaderValue::from(body.len());
        let is_head = method == Method::HEAD;
        let mut response = Response::new(MetricsBody((!is_head).then_some(body.into())));
        if is_head {
            // Servers tell the length of the body that they are given, and here that is none.
            response.headers_mut().insert(CONTENT_LENGTH, length);
        }
        let content_type = HeaderValue::from_static(scrape.dialect().content_type());
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        if let Some(coding) = coding.header() {
            response.headers_mut().insert(CONTENT_ENCODING, coding);
        }
        varying(response)
    }
}

/// Says which headers of the request the answer depends on.
fn varying(mut response: Response<MetricsBody>) -> Response<MetricsBody> {
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    response
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
        ready(Ok(self.answer(request.method(), request.uri(), request.headers())))
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
mod tests;
