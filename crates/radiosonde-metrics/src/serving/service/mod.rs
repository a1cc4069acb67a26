use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, VARY, WWW_AUTHENTICATE,
};
use http::{Method, Request, Response, Uri};
use radiosonde_core::{Clock as _, SystemClock, diagnostics};
use tower_service::Service;

use crate::Registry;
use crate::serving::body::MetricsBody;
use crate::serving::coding::Coding;
use crate::serving::credentials::Credentials;
use crate::serving::in_flight::InFlight;
use crate::serving::meters::{Meters, Outcome};
use crate::serving::patience::patience;
use crate::serving::refused::{Refused, VARIES_BY};
use crate::serving::scrape::Scrape;
use crate::serving::turns::{Turn, Turns};

/// A tower service that answers every GET and HEAD with the registry's metrics, whatever the path.
///
/// The format is the one that `Accept` likes best: see [`Dialect::negotiate`](crate::Dialect::negotiate). Other methods get 405.
///
/// # Compression
/// With the features `gzip` and `zstd`, a body of more than 1024 bytes is compressed if `Accept-Encoding` asks for it: weights
/// are honoured, and between equal ones zstd comes first. Both at their fastest level, on the thread that gathers. A request that
/// refuses the plain body and names nothing else that is there gets 406.
///
/// # Selection
/// `?name[]=orders_total&name[]=wait_seconds` asks for these families alone, by their names or those of their samples: see
/// [`Selection`](crate::Selection). A `name[]` that is not percent-encoded UTF-8 gets 400.
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
    shared: Arc<Shared>,
    max_in_flight: usize,
    /// One of these has to be shown, if they are there.
    accepted: Option<Arc<[Credentials]>>,
}

/// What clones of a service have in common.
#[derive(Debug)]
struct Shared {
    turns: Turns<Scrape, Made>,
    in_flight: Arc<AtomicUsize>,
    meters: Meters,
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
        let meters = Meters::new(registry);
        let turns = Turns::new({
            let (registry, meters) = (registry.clone(), meters.clone());
            move |scrape: &Scrape| make(&registry, &meters, scrape)
        });
        let shared = Arc::new(Shared { turns, in_flight: Arc::default(), meters });
        let max_in_flight = Self::DEFAULT_MAX_IN_FLIGHT;
        Self { shared, max_in_flight, accepted: None }
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
        self.accepted = Some(credentials.into_iter().collect());
        self
    }

    /// The answer to a request with this method, to this target, with these headers.
    pub(crate) fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> MetricsFuture {
        match self.read(method, uri, headers) {
            Ok((scrape, in_flight)) => MetricsFuture(Answer::Turn {
                turn: self.shared.turns.ask(scrape, patience(headers)),
                in_flight: Some(in_flight),
                service: self.clone(),
                is_head: method == Method::HEAD,
            }),
            Err(refused) => self.refuse(refused),
        }
    }

    pub(crate) fn refuse(&self, refused: Refused) -> MetricsFuture {
        self.count(refused.outcome());
        let mut response = refused.response();
        if refused == Refused::Credentials {
            for challenge in Credentials::challenges(self.accepted.as_deref().unwrap_or_default(), "metrics")
            {
                response.headers_mut().append(WWW_AUTHENTICATE, challenge);
            }
        }
        MetricsFuture(Answer::Ready(Some(response)))
    }

    fn read(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(Scrape, InFlight), Refused> {
        if self.accepted.as_ref().is_some_and(|accepted| !Credentials::are_shown(accepted, headers)) {
            return Err(Refused::Credentials);
        }
        if method != Method::GET && method != Method::HEAD {
            return Err(Refused::Method);
        }
        let scrape = Scrape::read(uri.query(), headers)?;
        let in_flight = InFlight::enter(&self.shared.in_flight, self.max_in_flight).ok_or(Refused::Busy)?;
        Ok((scrape, in_flight))
    }

    pub(crate) fn count(&self, outcome: Outcome) {
        self.shared.meters.count(outcome);
    }

    fn respond(
        &self,
        made: Made,
        scrape: &Scrape,
        is_head: bool,
        in_flight: Option<InFlight>,
    ) -> Response<MetricsBody> {
        let Made { body, coding } = made;
        let length = body.len();
        let mut response = Response::new(MetricsBody::new((!is_head).then_some(body), in_flight));
        let headers = response.headers_mut();
        if is_head {
            // Servers tell the length of the body that they are given, and here that is none.
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        } else {
            self.shared.meters.sent(length);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(scrape.dialect().content_type()));
        if let Some(coding) = coding.header() {
            headers.insert(CONTENT_ENCODING, coding);
        }
        headers.insert(VARY, HeaderValue::from_static(VARIES_BY));
        response
    }
}

/// An exposition for one scrape, and those that ask for the same.
fn make(registry: &Registry, meters: &Meters, scrape: &Scrape) -> Made {
    let begun = SystemClock.monotonic();
    let (body, coding) = scrape.make(registry);
    meters.made(SystemClock.monotonic().saturating_sub(begun));
    Made { body: body.into(), coding }
}

impl<B> Service<Request<B>> for MetricsService {
    type Response = Response<MetricsBody>;
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
    Ready(Option<Response<MetricsBody>>),
    Turn { turn: Turn<Scrape, Made>, in_flight: Option<InFlight>, service: MetricsService, is_head: bool },
}

impl Future for MetricsFuture {
    type Output = Result<Response<MetricsBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            // Polled after its end, it never ends again.
            Answer::Ready(response) => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            Answer::Turn { turn, in_flight, service, is_head } => {
                let response = match ready!(turn.poll(context)) {
                    Ok((made, is_first)) => {
                        service.count(if is_first { Outcome::Served } else { Outcome::Shared });
                        service.respond(made, turn.question(), *is_head, in_flight.take())
                    }
                    Err(refused) => {
                        service.count(refused.outcome());
                        if refused == Refused::Late {
                            let message = format_args!("a scrape got no metrics: a collector takes too long");
                            diagnostics::report("metrics", "scrape", message);
                        }
                        refused.response()
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
