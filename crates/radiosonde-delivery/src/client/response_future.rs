use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::client::block_on::block_on;
use crate::client::request_error::RequestError;

/// A pending response: await it on any runtime, or [`wait`](Self::wait) for it.
///
/// The request has been sent when this is returned. Dropping it cancels the request and closes the connection.
#[must_use = "dropping it cancels the request"]
pub struct ResponseFuture<T> {
    receiver: oneshot::Receiver<Result<T, RequestError>>,
}

impl<T> ResponseFuture<T> {
    pub(super) const fn new(receiver: oneshot::Receiver<Result<T, RequestError>>) -> Self {
        Self { receiver }
    }

    /// Blocks this thread until the response is complete, for callers that cannot await.
    ///
    /// Safe on a thread of a runtime, even the only one of a current-thread runtime: the client does not need it.
    ///
    /// # Errors
    /// [`RequestError`], after the client's timeout at the latest.
    pub fn wait(self) -> Result<T, RequestError> {
        block_on(self)
    }
}

impl<T> Future for ResponseFuture<T> {
    type Output = Result<T, RequestError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver)
            .poll(context)
            .map(|response| response.unwrap_or_else(|_| Err(RequestError::ended())))
    }
}

impl<T> fmt::Debug for ResponseFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
