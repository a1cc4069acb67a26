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
use crate::scraping::single_flight::{Flight, Missed, SingleFlight};
use crate::scraping::timeout::patience;

/// A tower service that answers every GET and HEAD with the registry's metrics, whatever the path.
///
/// The format is the one that `Accept` likes best: see [`Dialect::negotiate`](radiosonde_metrics::Dialect::negotiate). Other methods get 405.
///
/// # Compression
/// With the features `gzip` and `zstd`, a body of more than 1024 bytes is compressed if `Accept-Encoding` asks for it: weights
/// are honoured, and between equal ones zstd comes first. Both at their fastest level, on the thread that gathers. A request that
/// refuses the plain body and names nothing else that is there gets 406.
///
/// # Selection
/// `?name[]=orders_total&name[]=wait_seconds` asks for these families alone, by their names or those of their samples: see
/// [`Selection`](radiosonde_metrics::Selection). A `name[]` that is not percent-encoded UTF-8 gets 400.
///
/// # Many at a time
/// One scrape at a time is gathered and encoded. Requests that arrive in the meantime wait, without a thread each, and those that ask
/// for the same then get the same bytes. What a scrape is answered with is thus never older than its request. At most
/// [`max_in_flight`](Self::max_in_flight) are in flight. Clones take part together, so a program that serves one registry at several
/// places clones one service.
///
/// # Collectors that block
/// Collectors run on a thread of the service's own, which belongs to no runtime: they may block, and `block_on` works. A scrape waits for
/// them for half a second less than its `X-Prometheus-Scrape-Timeout-Seconds`, which Prometheus sends, and for 9.5 seconds without
/// that header. It then gets 503 and is counted as `timed_out`; the collector is left to run, and the next scrape is gathered when it
/// returns. A gathering that panics outside a collector gets 500 and is counted as `failed`.
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
pub struct MetricsService {
    shared: Arc<Shared>,
    max_in_flight: usize,
    access: Access,
}

/// What clones of a service have in common.
#[derive(Debug)]
struct Shared {
    flights: SingleFlight<Scrape, Made>,
    in_flight: Arc<AtomicUsize>,
    self_metrics: SelfMetrics,
}

/// An exposition as it is sent.
#[derive(Debug, Clone)]
struct Made {
    body: Bytes,
    coding: Coding,
}

impl MetricsService {
    /// How many scrapes may be in flight unless said otherwise.
    pub const DEFAULT_MAX_IN_FLIGHT: usize = 16;

    /// A service for `registry`.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let self_metrics = SelfMetrics::new(registry);
        let flights = SingleFlight::new({
            let (registry, self_metrics) = (registry.clone(), self_metrics.clone());
            move |scrape: &Scrape| make(&registry, &self_metrics, scrape)
        });
        let shared = Arc::new(Shared { flights, in_flight: Arc::default(), self_metrics });
        let max_in_flight = Self::DEFAULT_MAX_IN_FLIGHT;
        Self { shared, max_in_flight, access: Access::open("metrics") }
    }

    /// How many scrapes may be in flight, from their request until the server has taken the body; further ones get 503 and
    /// `Retry-After: 1`. Clones are counted together.
    #[must_use]
    pub const fn max_in_flight(mut self, scrapes: usize) -> Self {
        self.max_in_flight = scrapes;
        self
    }

    /// Answers requests alone that show one of these credentials; others get 401. Without any, nobody is let in.
    ///
    /// Who asks is not asked unless this is called.
    #[must_use]
    pub fn accept_only(mut self, credentials: impl IntoIterator<Item = Credentials>) -> Self {
        self.access = self.access.accept_only(credentials);
        self
    }

    /// The answer to a request with this method, to this target, with these headers.
    pub(crate) fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> MetricsFuture {
        match self.read(method, uri, headers) {
            Ok((scrape, in_flight)) => MetricsFuture(Answer::Flight {
                flight: self.shared.flights.ask(scrape, patience(headers)),
                in_flight: Some(in_flight),
                service: self.clone(),
                is_head: method == Method::HEAD,
            }),
            Err((outcome, refusal)) => self.refuse(outcome, refusal),
        }
    }

    pub(crate) fn refuse(&self, outcome: Outcome, refusal: Refusal) -> MetricsFuture {
        self.count(outcome);
        MetricsFuture(Answer::Ready(Some(refusal.response())))
    }

    fn read(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<(Scrape, InFlight), (Outcome, Refusal)> {
        self.access.check(headers).map_err(|refusal| (Outcome::Unauthorized, refusal))?;
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
        made: Made,
        scrape: &Scrape,
        is_head: bool,
        in_flight: Option<InFlight>,
    ) -> Response<AdminBody> {
        let Made { body, coding } = made;
        if !is_head {
            self.shared.self_metrics.sent(body.len());
        }
        let mut response = AdminBody::response(body, scrape.dialect().content_type(), is_head);
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

fn refuse(missed: Missed) -> (Outcome, Refusal) {
    match missed {
        Missed::Late => {
            let message = format_args!("a scrape got no metrics: a collector takes too long");
            diagnostics::report("metrics", "scrape", message);
            let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "a collector takes too long");
            (Outcome::TimedOut, refusal)
        }
        Missed::Failed => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            (Outcome::Failed, Refusal::new(status, "the metrics cannot be gathered"))
        }
    }
}

/// An exposition for one scrape, and those that ask for the same.
fn make(registry: &Registry, self_metrics: &SelfMetrics, scrape: &Scrape) -> Made {
    let begun = SystemClock.monotonic();
    let (body, coding) = scrape.make(registry);
    self_metrics.made(SystemClock.monotonic().saturating_sub(begun));
    Made { body: body.into(), coding }
}

impl<B> Service<Request<B>> for MetricsService {
    type Response = Response<AdminBody>;
    type Error = Infallible;
    type Future = MetricsFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> MetricsFuture {
        self.answer(request.method(), request.uri(), request.headers())
    }
}

/// The answer of a [`MetricsService`], of any runtime.
#[derive(Debug)]
#[must_use = "nothing is answered unless this is polled"]
pub struct MetricsFuture(Answer);

#[derive(Debug)]
enum Answer {
    Ready(Option<Response<AdminBody>>),
    Flight {
        flight: Flight<Scrape, Made>,
        in_flight: Option<InFlight>,
        service: MetricsService,
        is_head: bool,
    },
}

impl Future for MetricsFuture {
    type Output = Result<Response<AdminBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            // Polled after its end, it never ends again.
            Answer::Ready(response) => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            Answer::Flight { flight, in_flight, service, is_head } => {
                let response = match ready!(flight.poll(context)) {
                    Ok((made, is_first)) => {
                        service.count(if is_first { Outcome::Served } else { Outcome::Shared });
                        service.respond(made, flight.question(), *is_head, in_flight.take())
                    }
                    Err(missed) => {
                        let (outcome, refusal) = refuse(missed);
                        service.count(outcome);
                        refusal.response()
                    }
                };
                self.0 = Answer::Ready(None);
                Poll::Ready(Ok(response))
            }
        }
    }
}

#[cfg(test)]
mod tests;
