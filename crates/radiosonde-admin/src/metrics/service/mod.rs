use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue, RETRY_AFTER, VARY};
use http::{Method, Request, Response, StatusCode, Uri};
use radiosonde_core::{Clock as _, SystemClock, diagnostics};
use radiosonde_metrics::Registry;
use tower_service::Service;

use crate::answering::access::Access;
use crate::answering::body::AdminBody;
use crate::answering::credentials::Credentials;
use crate::answering::in_flight::InFlight;
use crate::answering::refusal::Refusal;
use crate::metrics::self_metrics::{Outcome, SelfMetrics};
use crate::scraping::coding::Coding;
use crate::scraping::scrape::{Scrape, VARIES_BY};
use crate::scraping::single_flight::{FlightError, FlightRequest, SingleFlight};
use crate::scraping::timeout::scrape_timeout;

/// A tower service that answers every GET and HEAD with the registry's metrics, whatever the path.
///
/// The format is the one that `Accept` prefers: see [`Dialect::negotiate`](radiosonde_metrics::exposition::Dialect::negotiate). Other methods get
/// 405.
///
/// # Compression
/// With the features `gzip` and `zstd`, a body of more than 1024 bytes is compressed if `Accept-Encoding` asks for it, by weight; of
/// equal weights zstd wins. Both run at their fastest level, on the thread that gathers. A request that refuses the plain body and every
/// coding that is supported gets 406.
///
/// # Selection
/// `?name[]=orders_total&name[]=wait_seconds` selects these families, by their names or those of their samples: see
/// [`Selection`](radiosonde_metrics::exposition::Selection). A `name[]` that is not percent-encoded UTF-8 gets 400.
///
/// # Many at a time
/// One scrape at a time is gathered and encoded. Requests that arrive in the meantime wait, without a thread each; then equal requests
/// share one gathering and get the same bytes. A response is thus never older than its request. At most
/// [`max_in_flight`](Self::max_in_flight) requests are in flight. Clones share all of this: a program that serves one registry in several
/// places clones one service.
///
/// # Collectors that block
/// Collectors run on a thread of the service's own, outside of any runtime: they may block, and `block_on` works. A scrape waits for
/// half a second less than its `X-Prometheus-Scrape-Timeout-Seconds`, which Prometheus sends, or for 9.5 seconds without that header.
/// Then it gets 503 and is counted as `timed_out`; the collector goes on, and the next scrape is gathered when it returns. If gathering
/// panics outside of a collector, the scrape gets 500 and is counted as `failed`.
///
/// `radiosonde_metrics_scrapes_total{outcome}`, `radiosonde_metrics_scrape_duration_seconds` and
/// `radiosonde_metrics_scrape_sent_bytes_total` are declared in the registry.
///
/// ```
/// use radiosonde_admin::MetricsService;
/// use radiosonde_metrics::Registry;
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
#[must_use]
pub struct MetricsService {
    shared: Arc<Shared>,
    max_in_flight: usize,
    access: Access,
    /// Where an `AdminService` serves it.
    path: Arc<str>,
}

/// The path of metrics by default.
const DEFAULT_PATH: &str = "/metrics";

/// The state that clones of a service share.
#[derive(Debug)]
struct Shared {
    expositions: SingleFlight<Scrape, Exposition>,
    in_flight: Arc<AtomicUsize>,
    self_metrics: SelfMetrics,
}

/// An exposition as it is sent.
#[derive(Debug, Clone)]
struct Exposition {
    body: Bytes,
    coding: Coding,
}

impl MetricsService {
    /// The default of [`max_in_flight`](Self::max_in_flight).
    pub const DEFAULT_MAX_IN_FLIGHT: usize = 16;

    /// A service for `registry`.
    pub fn new(registry: &Registry) -> Self {
        let self_metrics = SelfMetrics::new(registry);
        let expositions = SingleFlight::new({
            let (registry, self_metrics) = (registry.clone(), self_metrics.clone());
            move |scrape: &Scrape| make(&registry, &self_metrics, scrape)
        });
        let shared = Arc::new(Shared { expositions, in_flight: Arc::default(), self_metrics });
        let max_in_flight = Self::DEFAULT_MAX_IN_FLIGHT;
        Self { shared, max_in_flight, access: Access::open("metrics"), path: DEFAULT_PATH.into() }
    }

    /// At most this many scrapes in flight, from the request until the server has taken the body; further ones get 503 and
    /// `Retry-After: 1`. Clones are counted together.
    pub const fn max_in_flight(mut self, scrapes: usize) -> Self {
        self.max_in_flight = scrapes;
        self
    }

    /// Answers only requests with one of these credentials; others get 401. With an empty list, none.
    ///
    /// Default: answers all requests.
    pub fn accept_only(mut self, credentials: impl IntoIterator<Item = Credentials>) -> Self {
        self.access = self.access.accept_only(credentials);
        self
    }

    /// The path at which an [`AdminService`](crate::AdminService) serves it; default: `/metrics`.
    pub fn path_in_admin(mut self, path: impl Into<String>) -> Self {
        let path: String = path.into();
        self.path = path.into();
        self
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) const fn has_credentials(&self) -> bool {
        self.access.has_credentials()
    }

    /// The response to a request. A trusted one needs no credentials.
    pub(crate) fn answer(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        is_trusted: bool,
    ) -> MetricsFuture {
        match self.read(method, uri, headers, is_trusted) {
            Ok((scrape, in_flight)) => MetricsFuture(State::Waiting {
                request: self.shared.expositions.join(scrape, scrape_timeout(headers)),
                in_flight: Some(in_flight),
                service: self.clone(),
                is_head: method == Method::HEAD,
            }),
            Err((outcome, refusal)) => {
                self.count(outcome);
                MetricsFuture(State::Ready(Some(refusal.response())))
            }
        }
    }

    fn read(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        is_trusted: bool,
    ) -> Result<(Scrape, InFlight), (Outcome, Refusal)> {
        if !is_trusted {
            self.access.check(headers).map_err(|refusal| (Outcome::Unauthorized, refusal))?;
        }
        if method != Method::GET && method != Method::HEAD {
            return Err((Outcome::Refused, Refusal::method("GET, HEAD")));
        }
        let scrape = Scrape::read(uri.query(), headers).map_err(|refusal| (Outcome::Refused, refusal))?;
        let in_flight = InFlight::enter(&self.shared.in_flight, self.max_in_flight);
        in_flight.map(|in_flight| (scrape, in_flight)).ok_or_else(|| {
            let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too many scrapes at a time");
            (Outcome::Busy, refusal.header(RETRY_AFTER, "1"))
        })
    }

    pub(crate) fn count(&self, outcome: Outcome) {
        self.shared.self_metrics.count(outcome);
    }

    fn respond(
        &self,
        exposition: Exposition,
        scrape: &Scrape,
        is_head: bool,
        in_flight: Option<InFlight>,
    ) -> Response<AdminBody> {
        let Exposition { body, coding } = exposition;
        if !is_head {
            self.shared.self_metrics.sent(body.len());
        }
        let mut response = AdminBody::response(body, scrape.dialect.content_type(), is_head);
        if let Some(in_flight) = in_flight {
            response.body_mut().keep_in_flight(in_flight);
        }
        let headers = response.headers_mut();
        if let Some(coding) = coding.header() {
            headers.insert(CONTENT_ENCODING, coding);
        }
        headers.insert(VARY, HeaderValue::from_static(VARIES_BY));
        response
    }
}

fn refuse(error: FlightError) -> (Outcome, Refusal) {
    match error {
        FlightError::TimedOut => {
            let message = format_args!("a scrape got no metrics: a collector takes too long");
            diagnostics::report("metrics", "scrape", message);
            let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "a collector takes too long");
            (Outcome::TimedOut, refusal)
        }
        FlightError::Failed => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            (Outcome::Failed, Refusal::new(status, "the metrics cannot be gathered"))
        }
    }
}

/// An exposition for one scrape, and those that ask for the same.
fn make(registry: &Registry, self_metrics: &SelfMetrics, scrape: &Scrape) -> Exposition {
    let begun = SystemClock.monotonic();
    let (body, coding) = scrape.make(registry);
    self_metrics.gathered(SystemClock.monotonic().saturating_sub(begun));
    Exposition { body: body.into(), coding }
}

impl<B> Service<Request<B>> for MetricsService {
    type Response = Response<AdminBody>;
    type Error = Infallible;
    type Future = MetricsFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> MetricsFuture {
        self.answer(request.method(), request.uri(), request.headers(), false)
    }
}

/// The response of a [`MetricsService`]; needs no runtime.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct MetricsFuture(State);

#[derive(Debug)]
enum State {
    Ready(Option<Response<AdminBody>>),
    Waiting {
        request: FlightRequest<Scrape, Exposition>,
        in_flight: Option<InFlight>,
        service: MetricsService,
        is_head: bool,
    },
}

impl Future for MetricsFuture {
    type Output = Result<Response<AdminBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            // Polled after its end, it stays pending.
            State::Ready(response) => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            State::Waiting { request, in_flight, service, is_head } => {
                let response = match ready!(request.poll(context)) {
                    Ok((exposition, is_first)) => {
                        service.count(if is_first { Outcome::Served } else { Outcome::Shared });
                        service.respond(exposition, request.key(), *is_head, in_flight.take())
                    }
                    Err(error) => {
                        let (outcome, refusal) = refuse(error);
                        service.count(outcome);
                        refusal.response()
                    }
                };
                self.0 = State::Ready(None);
                Poll::Ready(Ok(response))
            }
        }
    }
}

#[cfg(test)]
mod tests;
