use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONNECTION;
use http::{Request, Response, StatusCode};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::select;
use tokio::time::timeout;
use tower_service::Service as _;

use crate::answering::body::AdminBody;
use crate::answering::refusal::Refusal;
use crate::listening::connection_limit::ConnectionPermit;
use crate::listening::write_deadline::WriteDeadline;
use crate::metrics::self_metrics::Outcome;
use crate::serving::service::AdminService;

/// How long a client may take to send the head of a request, or to begin the next one.
pub(crate) const REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection that closes for another waits for the rest of a request.
const CLOSES_WITHIN: Duration = Duration::from_millis(100);
/// How long a client may take to read a response.
pub(crate) const RESPONSE_READ_WITHIN: Duration = Duration::from_secs(30);
/// The longest head of a request, in bytes.
pub(crate) const MAX_HEAD: usize = 16 * 1024;

/// Answers the requests of one connection, until it ends or has to close for another.
pub(crate) async fn serve<S>(
    connection: S,
    service: AdminService,
    permit: Arc<ConnectionPermit>,
    response_read_within: Duration,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let counting = service.clone();
    let busy = Arc::clone(&permit);
    let answer = service_fn(move |request| {
        busy.busy();
        let (answer, permit) = (answer(service.clone(), request), Arc::clone(&busy));
        async move {
            let answer = answer.await;
            permit.answered();
            answer
        }
    });
    let sent = Arc::clone(&permit);
    let connection = WriteDeadline::new(connection, response_read_within, move || sent.flushed());
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(REQUEST_WITHIN).max_buf_size(MAX_HEAD);
    // A scraper may close its side once it has sent its request.
    server.half_close(true);
    let mut served = pin!(server.serve_connection(TokioIo::new(connection), answer));
    let ended = select! {
        ended = served.as_mut() => ended,
        () = permit.asked_to_close() => {
            served.as_mut().graceful_shutdown();
            match timeout(CLOSES_WITHIN, served.as_mut()).await {
                Ok(ended) => ended,
                // The client has sent a part of a request.
                Err(_) if permit.is_idle() => return,
                Err(_) => served.await,
            }
        }
    };
    // A scraper that disconnects is not a failure of the service.
    if let Err(error) = ended
        && error.is_parse_too_large()
    {
        // hyper has answered with 431 or 414.
        counting.count(Outcome::TooLarge);
    }
}

async fn answer(
    mut service: AdminService,
    request: Request<Incoming>,
) -> Result<Response<AdminBody>, Infallible> {
    if !request.body().is_end_stream() && !service.reads_body(request.method(), request.uri().path()) {
        service.count(Outcome::TooLarge);
        let refusal = Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "expected a request without a body");
        // The body is not read.
        return Ok(refusal.header(CONNECTION, "close").response());
    }
    service.call(request).await
}
