use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use radiosonde_delivery::{RequestError, ResponseFuture, Upgrade};

use crate::query::client::LokiClient;
use crate::query::log_query::LogQuery;
use crate::query::parameters::Parameters;
use crate::query::query_future::polled_after_completion;
use crate::query::tail::Tail;
use crate::query::time_range::unix_nanos;
use crate::response::query_error::{MalformedResponse, QueryError, Refusal};

/// A query for new lines; from [`LogQuery::tail`]. [`open`](Self::open) starts it.
#[must_use = "no query is sent yet"]
#[derive(Debug, Clone)]
pub struct TailQuery {
    client: LokiClient,
    logql: Box<str>,
    since: Option<SystemTime>,
    limit: Option<u32>,
    delay: Option<Duration>,
}

impl LogQuery {
    /// Follows new lines that match an expression.
    pub fn tail(&self, logql: &str) -> TailQuery {
        TailQuery { client: self.client.clone(), logql: logql.into(), since: None, limit: None, delay: None }
    }
}

impl TailQuery {
    /// The time of the first lines. Default: an hour ago.
    pub const fn since(mut self, time: SystemTime) -> Self {
        self.since = Some(time);
        self
    }

    /// The number of existing lines to start with. Default: 100, as in Loki.
    pub const fn limit(mut self, lines: u32) -> Self {
        self.limit = Some(lines);
        self
    }

    /// How long Loki delays lines, in whole seconds up to 5, so that lines of several streams are in order. Default: no delay.
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// Opens the tail. By default Loki allows ten at a time per tenant.
    pub fn open(&self) -> TailFuture {
        let parameters = Parameters::default()
            .with("query", &self.logql)
            .with_some("start", self.since.map(unix_nanos))
            .with_some("limit", self.limit)
            .with_some("delay_for", self.delay.map(|delay| delay.as_secs()));
        let request = self.client.get("/loki/api/v1/tail", &parameters);
        TailFuture { upgrade: request.map(|request| self.client.http.websocket(request)).map_err(Some) }
    }
}

/// A pending tail: await it on any runtime, or [`wait`](Self::wait) for it.
#[must_use = "dropping it cancels the query"]
pub struct TailFuture {
    upgrade: Result<ResponseFuture<Upgrade>, Option<QueryError>>,
}

impl TailFuture {
    /// Blocks this thread until the tail is open, for callers that cannot await.
    ///
    /// # Errors
    /// [`QueryError`], such as for an invalid expression.
    pub fn wait(self) -> Result<Tail, QueryError> {
        match self.upgrade {
            Ok(upgrade) => opened(upgrade.wait()),
            Err(error) => Err(error.unwrap_or_else(polled_after_completion)),
        }
    }
}

impl Future for TailFuture {
    type Output = Result<Tail, QueryError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.upgrade {
            Ok(upgrade) => Pin::new(upgrade).poll(context).map(opened),
            Err(error) => Poll::Ready(Err(error.take().unwrap_or_else(polled_after_completion))),
        }
    }
}

fn opened(upgrade: Result<Upgrade, RequestError>) -> Result<Tail, QueryError> {
    match upgrade.map_err(QueryError::Request)? {
        Upgrade::Open(socket) => Ok(Tail::new(socket)),
        Upgrade::Refused(response) if response.status().is_success() => {
            Err(MalformedResponse::because("it is not a web socket"))
        }
        Upgrade::Refused(response) => {
            Err(QueryError::Refused(Refusal::new(response.status(), response.body())))
        }
        // A kind of response that is newer than this crate.
        _ => Err(MalformedResponse::because("it is not a web socket")),
    }
}

impl fmt::Debug for TailFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TailFuture").finish_non_exhaustive()
    }
}
