use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use radiosonde_core::Outcome;
use radiosonde_core::canonical::CanonicalRecord;
use radiosonde_metrics::Counter;
use tokio::time::Sleep;
use tower::BoxError;
use tower::timeout::error::Elapsed;
use tower_layer::Layer;
use tower_service::Service;

/// Limits the time to a response; from [`Limiter::timeout`](crate::Limiter::timeout).
#[derive(Debug, Clone)]
pub struct TimeoutLayer {
    timeout: Duration,
    timed_out: Counter,
}

impl TimeoutLayer {
    pub(crate) const fn new(timeout: Duration, timed_out: Counter) -> Self {
        Self { timeout, timed_out }
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = Timeout<S>;

    fn layer(&self, inner: S) -> Timeout<S> {
        Timeout { inner, timeout: self.timeout, timed_out: self.timed_out.clone() }
    }
}

/// The service created by [`TimeoutLayer`].
///
/// Does what tower's does, and fails with the same error: tower's [`Elapsed`]. The time to the response's head is limited;
/// its body is not. The outcome of the current request is then [`Outcome::TimedOut`], if the service answers with an error or with
/// 408, 429, 503 or 504 (gRPC: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED or UNAVAILABLE). Around a client, place it within the
/// [`ClientLayer`](crate::ClientLayer): its calls do not change the outcome of the request that makes them.
#[derive(Debug, Clone)]
pub struct Timeout<S> {
    inner: S,
    timeout: Duration,
    timed_out: Counter,
}

impl<S, Q> Service<Q> for Timeout<S>
where
    S: Service<Q>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = TimeoutFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Q) -> Self::Future {
        let inner = self.inner.call(request);
        TimeoutFuture { inner, sleep: tokio::time::sleep(self.timeout), timed_out: self.timed_out.clone() }
    }
}

pin_project! {
    /// The future response, or the end of its time.
    #[derive(Debug)]
    pub struct TimeoutFuture<F> {
        #[pin]
        inner: F,
        #[pin]
        sleep: Sleep,
        timed_out: Counter,
    }
}

impl<F, T, E> Future for TimeoutFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(result) = this.inner.poll(cx) {
            return Poll::Ready(result.map_err(Into::into));
        }
        ready!(this.sleep.poll(cx));
        this.timed_out.inc();
        CanonicalRecord::with_current(|record| record.set_outcome_hint(Some(Outcome::TimedOut)));
        Poll::Ready(Err(Elapsed::new().into()))
    }
}
