use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use radiosonde_core::Outcome;
use radiosonde_core::canonical::CanonicalRecord;
use radiosonde_metrics::Counter;
use tower::BoxError;
use tower::load_shed::error::Overloaded;
use tower_layer::Layer;
use tower_service::Service;

use crate::saturation::wait::without_waiting;

/// Refuses requests while a service is not ready; from [`Limiter::load_shed`](crate::Limiter::load_shed).
#[derive(Debug, Clone)]
pub struct LoadShedLayer {
    shed: Counter,
}

impl LoadShedLayer {
    pub(crate) const fn new(shed: Counter) -> Self {
        Self { shed }
    }
}

impl<S> Layer<S> for LoadShedLayer {
    type Service = LoadShed<S>;

    fn layer(&self, inner: S) -> LoadShed<S> {
        LoadShed { inner, shed: self.shed.clone(), is_ready: false }
    }
}

/// The service created by [`LoadShedLayer`].
///
/// Does what tower's does, and fails with the same error: tower's [`Overloaded`]. The outcome of the current request is then
/// [`Outcome::Shed`], under the conditions of a [`Timeout`](crate::Timeout).
#[derive(Debug)]
pub struct LoadShed<S> {
    inner: S,
    shed: Counter,
    is_ready: bool,
}

impl<S: Clone> Clone for LoadShed<S> {
    fn clone(&self) -> Self {
        // A clone of the inner service is not ready because the original is.
        Self { inner: self.inner.clone(), shed: self.shed.clone(), is_ready: false }
    }
}

impl<S, Q> Service<Q> for LoadShed<S>
where
    S: Service<Q>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = LoadShedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match without_waiting(|| self.inner.poll_ready(cx)) {
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
            Poll::Ready(Ok(())) => self.is_ready = true,
            Poll::Pending => self.is_ready = false,
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Q) -> Self::Future {
        if std::mem::take(&mut self.is_ready) {
            return LoadShedFuture { called: Some(self.inner.call(request)) };
        }
        self.shed.inc();
        LoadShedFuture { called: None }
    }
}

pin_project! {
    /// The future response, or the refusal.
    #[derive(Debug)]
    pub struct LoadShedFuture<F> {
        #[pin]
        called: Option<F>,
    }
}

impl<F, T, E> Future for LoadShedFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().called.as_pin_mut() {
            Some(called) => called.poll(cx).map_err(Into::into),
            None => {
                // Here, not in the call, which a buffer's task makes outside of the request's scope.
                CanonicalRecord::with_current(|record| record.set_outcome_hint(Some(Outcome::Shed)));
                Poll::Ready(Err(Overloaded::new().into()))
            }
        }
    }
}
