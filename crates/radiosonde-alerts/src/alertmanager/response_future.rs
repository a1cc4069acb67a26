use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use radiosonde_delivery::{RequestError, ResponseFuture};

use crate::alertmanager::alertmanager_error::AlertmanagerError;

/// A pending request to Alertmanager: await it on any runtime, or [`wait`](Self::wait) for it.
///
/// The request has been sent when this is returned. The client's own thread does the work, so it needs no runtime. Dropping it
/// cancels the request.
#[must_use = "dropping it cancels the request"]
pub struct AlertmanagerFuture<T> {
    state: State,
    read: Read<T>,
}

enum State {
    Sent(ResponseFuture<Response<Bytes>>),
    /// The request could not be made; `None` once that was reported.
    Failed(Option<AlertmanagerError>),
}

pub(super) type Read<T> = fn(&Response<Bytes>) -> Result<T, AlertmanagerError>;

impl<T> AlertmanagerFuture<T> {
    pub(super) const fn sent(response: ResponseFuture<Response<Bytes>>, read: Read<T>) -> Self {
        Self { state: State::Sent(response), read }
    }

    pub(super) const fn failed(error: AlertmanagerError, read: Read<T>) -> Self {
        Self { state: State::Failed(Some(error)), read }
    }

    /// Blocks this thread until the response is complete, for callers that cannot await.
    ///
    /// Safe on a thread of a runtime, even the only one of a current-thread runtime: the client does not need it.
    ///
    /// # Errors
    /// [`AlertmanagerError`], after the client's timeout at the latest.
    pub fn wait(self) -> Result<T, AlertmanagerError> {
        match self.state {
            State::Sent(response) => read(response.wait(), self.read),
            State::Failed(error) => Err(error.unwrap_or_else(polled_after_completion)),
        }
    }
}

fn read<T>(response: Result<Response<Bytes>, RequestError>, read: Read<T>) -> Result<T, AlertmanagerError> {
    let response = response.map_err(AlertmanagerError::Request)?;
    if response.status().is_success() { read(&response) } else { Err(AlertmanagerError::refused(&response)) }
}

impl<T> Future for AlertmanagerFuture<T> {
    type Output = Result<T, AlertmanagerError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            State::Sent(response) => match Pin::new(response).poll(context) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(response) => {
                    self.state = State::Failed(None);
                    Poll::Ready(read(response, self.read))
                }
            },
            State::Failed(error) => Poll::Ready(Err(error.take().unwrap_or_else(polled_after_completion))),
        }
    }
}

fn polled_after_completion() -> AlertmanagerError {
    AlertmanagerError::malformed("the future was polled after completion")
}

impl<T> fmt::Debug for AlertmanagerFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlertmanagerFuture").finish_non_exhaustive()
    }
}
