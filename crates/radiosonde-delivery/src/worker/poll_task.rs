use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http::{Request, Response, Uri};
use radiosonde_core::survive;
use tokio::sync::watch;
use tokio::time::{sleep, timeout_at};

use crate::client::http_client::read_whole;
use crate::client::request_error::{RequestError, RequestErrorKind};
use crate::options::poll_options::PollOptions;
use crate::transport::http_transport::HttpTransport;

/// Requests the same thing again and again, until a shutdown begins.
pub(crate) struct PollTask<F> {
    pub(crate) uri: Uri,
    pub(crate) options: PollOptions,
    pub(crate) transport: HttpTransport,
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) receive: F,
}

impl<F: FnMut(Result<Response<Bytes>, RequestError>)> PollTask<F> {
    /// A shutdown drops the request in flight, whose response would not be used.
    pub(crate) async fn run(mut self) {
        let mut stopping = self.stopping.clone();
        let mut stopped = pin!(stopping.wait_for(|stopping| *stopping));
        let mut polling = pin!(self.poll());
        poll_fn(|context| match stopped.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(()),
            Poll::Pending => polling.as_mut().poll(context),
        })
        .await;
    }

    async fn poll(&mut self) {
        loop {
            let response = self.request().await;
            // A panic of the receiver costs it this response.
            let _ = survive(|| (self.receive)(response));
            // Processes that were started at the same time do not stay in step.
            sleep(self.options.interval.mul_f64(1.0 - fastrand::f64() / 10.0)).await;
        }
    }

    // Exclusive: a shared reference across a wait would ask the receiver to be `Sync`.
    async fn request(&mut self) -> Result<Response<Bytes>, RequestError> {
        let (uri, deadline) = (&self.uri, self.transport.deadline());
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri.clone();
        let begun = self.transport.begin(request, deadline).await;
        let response = begun.map_err(|error| RequestError::of(uri, error))?;
        let late = |_| RequestError::new(uri, RequestErrorKind::Timeout { after: self.transport.timeout });
        timeout_at(deadline, read_whole(uri, response, self.options.max_response_bytes))
            .await
            .map_err(late)?
    }
}
