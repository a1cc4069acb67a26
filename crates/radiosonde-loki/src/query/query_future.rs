use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use radiosonde_delivery::ResponseFuture;

use crate::response::query_error::{MalformedResponse, QueryError};

/// A pending query: await it on any runtime, or [`wait`](Self::wait) for it.
///
/// The request has been sent when this is returned. The client's own thread does the work, so it needs no runtime. Dropping it
/// cancels the query.
#[must_use = "dropping it cancels the query"]
pub struct QueryFuture<T> {
    state: State<T>,
}

enum State<T> {
    Sent(ResponseFuture<Response<Bytes>>, Read<T>),
    /// The request could not be made.
    Failed(QueryError),
    Done,
}

type Read<T> = Box<dyn FnOnce(&Response<Bytes>) -> Result<T, QueryError> + Send>;

impl<T> QueryFuture<T> {
    pub(super) fn new(
        reply: ResponseFuture<Response<Bytes>>,
        read: impl FnOnce(&Response<Bytes>) -> Result<T, QueryError> + Send + 'static,
    ) -> Self {
        Self { state: State::Sent(reply, Box::new(read)) }
    }

    pub(super) const fn failed(error: QueryError) -> Self {
        Self { state: State::Failed(error) }
    }

    /// Blocks this thread until the response is complete, for callers that cannot await.
    ///
    /// Safe on a thread of a runtime, even the only one of a current-thread runtime: the client does not need it.
    ///
    /// # Errors
    /// [`QueryError`], after the client's timeout at the latest.
    pub fn wait(self) -> Result<T, QueryError> {
        match self.state {
            State::Sent(reply, read) => {
                reply.wait().map_err(QueryError::Request).and_then(|response| read(&response))
            }
            State::Failed(error) => Err(error),
            // Only if it has been polled to completion before.
            State::Done => Err(polled_after_completion()),
        }
    }
}

impl<T> Future for QueryFuture<T> {
    type Output = Result<T, QueryError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = match &mut self.state {
            State::Sent(reply, _) => match Pin::new(reply).poll(context) {
                Poll::Ready(response) => Some(response),
                Poll::Pending => return Poll::Pending,
            },
            State::Failed(_) | State::Done => None,
        };
        Poll::Ready(match (std::mem::replace(&mut self.state, State::Done), response) {
            (State::Sent(_, read), Some(Ok(response))) => read(&response),
            (State::Sent(..), Some(Err(error))) => Err(QueryError::Request(error)),
            (State::Failed(error), _) => Err(error),
            (State::Sent(_, _), None) | (State::Done, _) => Err(polled_after_completion()),
        })
    }
}

// Nothing in it is pinned: the response future is `Unpin`, and the rest is moved out.
impl<T> Unpin for QueryFuture<T> {}

pub(super) fn polled_after_completion() -> QueryError {
    MalformedResponse::because("the future was polled after completion")
}

impl<T> fmt::Debug for QueryFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryFuture").finish_non_exhaustive()
    }
}
