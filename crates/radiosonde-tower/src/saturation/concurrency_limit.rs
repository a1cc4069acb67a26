use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use radiosonde_metrics::{GaugeGuard, IntGauge};
use tokio::sync::Semaphore;
use tower::limit::concurrency::future::ResponseFuture;
use tower_layer::Layer;
use tower_service::Service;

use crate::saturation::share::Share;
use crate::saturation::wait::{Wait, Waits};

/// Limits the requests that a service handles at once; from [`Limiter::concurrency_limit`](crate::Limiter::concurrency_limit).
///
/// Clones share the limit, and so do all services that the layer creates, like those of tower's
/// `GlobalConcurrencyLimitLayer`: axum applies a layer to each route, and the limit is one for all of them.
#[derive(Debug, Clone)]
pub struct ConcurrencyLimitLayer(Arc<Limit>);

#[derive(Debug)]
struct Limit {
    permits: Arc<Semaphore>,
    in_use: IntGauge,
    waits: Waits,
    _share: Share,
}

impl ConcurrencyLimitLayer {
    pub(crate) fn new(max: usize, share: Share, in_use: IntGauge, waits: Waits) -> Self {
        Self(Arc::new(Limit { permits: Arc::new(Semaphore::new(max)), in_use, waits, _share: share }))
    }
}

impl<S> Layer<S> for ConcurrencyLimitLayer {
    type Service = ConcurrencyLimit<S>;

    fn layer(&self, inner: S) -> ConcurrencyLimit<S> {
        let admitted = Admitted { inner, limit: Arc::clone(&self.0), wait: None, in_use: None };
        let permits = Arc::clone(&self.0.permits);
        ConcurrencyLimit { inner: tower::limit::ConcurrencyLimit::with_semaphore(admitted, permits) }
    }
}

/// The service created by [`ConcurrencyLimitLayer`]: tower's, which is asked between two of our own.
///
/// A permit is held from `poll_ready` to the end of the response's future, as tower's is; the body is not limited.
#[derive(Debug, Clone)]
pub struct ConcurrencyLimit<S> {
    inner: tower::limit::ConcurrencyLimit<Admitted<S>>,
}

impl<S, Q> Service<Q> for ConcurrencyLimit<S>
where
    S: Service<Q>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<InUse<S::Future>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        let ready = self.inner.poll_ready(cx);
        if ready.is_pending() {
            self.inner.get_mut().wait();
        }
        ready
    }

    fn call(&mut self, request: Q) -> Self::Future {
        self.inner.call(request)
    }
}

/// The service within tower's: it is asked once there is a permit.
#[derive(Debug)]
pub(crate) struct Admitted<S> {
    inner: S,
    limit: Arc<Limit>,
    wait: Option<Wait>,
    in_use: Option<GaugeGuard>,
}

impl<S> Admitted<S> {
    /// Called if the service is not ready: for lack of a permit, or because the inner service is not.
    fn wait(&mut self) {
        if self.in_use.is_none() && self.wait.is_none() {
            self.wait = self.limit.waits.start().map(Wait::enqueue);
        }
    }
}

impl<S: Clone> Clone for Admitted<S> {
    fn clone(&self) -> Self {
        // The permit, if there is one, stays with the original, as tower's does.
        Self { inner: self.inner.clone(), limit: Arc::clone(&self.limit), wait: None, in_use: None }
    }
}

impl<S, Q> Service<Q> for Admitted<S>
where
    S: Service<Q>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = InUse<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        if self.in_use.is_none() {
            self.in_use = Some(self.limit.in_use.hold());
            match self.wait.take() {
                Some(wait) => drop(wait),
                None => self.limit.waits.skip(),
            }
        }
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Q) -> InUse<S::Future> {
        // A local value: the inner service may panic.
        let in_use = self.in_use.take();
        InUse { inner: self.inner.call(request), _in_use: in_use }
    }
}

pin_project! {
    /// The future response, which counts as in use until it is dropped.
    #[derive(Debug)]
    pub struct InUse<F> {
        #[pin]
        inner: F,
        _in_use: Option<GaugeGuard>,
    }
}

impl<F: Future> Future for InUse<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().inner.poll(cx)
    }
}
