use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::select;
use tokio::time::timeout;

use crate::answering::refusal::Refusal;
use crate::listening::places::Place;
use crate::listening::write_deadline::WriteDeadline;
use crate::metrics::self_metrics::Outcome;
use crate::metrics::service::{MetricsFuture, MetricsService};

/// How long a client may take to send the head of a request, or to begin the next one.
pub(crate) const REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection that gives way to another may go on without a complete request.
const GIVES_WAY_WITHIN: Duration = Duration::from_millis(100);
/// How long it may take to read an answer.
pub(crate) const ANSWER_TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// How long the head of a request may be, in bytes.
pub(crate) const MAX_HEAD: usize = 16 * 1024;

/// Answers the requests of one connection until its end, which comes with the next answer once it has to give way.
pub(crate) async fn serve<S>(
    connection: S,
    service: MetricsService,
    path: Arc<str>,
    place: Arc<Place>,
    answer_taken_within: Duration,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let self_metrics = service.clone();
    let busy = Arc::clone(&place);
    let answer = service_fn(move |request| {
        busy.busy();
        let (answer, place) = (answer(&service, &path, &request), Arc::clone(&busy));
        async move {
            let answer = answer.await;
            place.answered();
            answer
        }
    });
    let sent = Arc::clone(&place);
    let connection = WriteDeadline::new(connection, answer_taken_within, move || sent.flushed());
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(REQUEST_WITHIN).max_buf_size(MAX_HEAD);
    // A scraper may close its side once it has sent its request.
    server.half_close(true);
    let mut served = pin!(server.serve_connection(TokioIo::new(connection), answer));
    let ended = select! {
        ended = served.as_mut() => ended,
        () = place.gives_way() => {
            served.as_mut().graceful_shutdown();
            match timeout(GIVES_WAY_WITHIN, served.as_mut()).await {
                Ok(ended) => ended,
                // The server waits for the rest of a request that was sent in part.
                Err(_) if place.is_idle() => return,
                Err(_) => served.await,
            }
        }
    };
    // A scraper that goes away is its own business.
    if let Err(error) = ended
        && error.is_parse_too_large()
    {
        // Answered with 431 or 414 already.
        self_metrics.count(Outcome::TooLarge);
    }
}

fn answer(service: &MetricsService, path: &str, request: &Request<Incoming>) -> MetricsFuture {
    if !request.body().is_end_stream() {
        return service.refuse(Outcome::TooLarge, Refusal::too_large("a scrape has no body"));
    }
    if request.uri().path() != path {
        let refusal = Refusal::new(StatusCode::NOT_FOUND, format!("metrics are at {path}"));
        return service.refuse(Outcome::NotFound, refusal);
    }
    service.answer(request.method(), request.uri(), request.headers())
}
