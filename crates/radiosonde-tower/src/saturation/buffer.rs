use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use radiosonde_metrics::IntGauge;
use tower::BoxError;
use tower::buffer::future::ResponseFuture;
use tower_layer::Layer;
use tower_service::Service;

use crate::saturation::share::Share;
use crate::saturation::wait::{Wait, Waits};

/// Puts a queue in front of a service; from [`Limiter::buffer`](crate::Limiter::buffer).
///
/// Each service that it creates has a queue and a task of its own, as with tower's `BufferLayer`. The task runs on the
/// current tokio runtime.
pub struct BufferLayer<Q> {
    bound: usize,
    capacity: IntGauge,
    waits: Waits,
    request: PhantomData<fn(Q)>,
}

impl<Q> BufferLayer<Q> {
    pub(crate) const fn new(bound: usize, capacity: IntGauge, waits: Waits) -> Self {
        Self { bound, capacity, waits, request: PhantomData }
    }
}

impl<Q> Clone for BufferLayer<Q> {
    fn clone(&self) -> Self {
        Self::new(self.bound, self.capacity.clone(), self.waits.clone())
    }
}

impl<Q> fmt::Debug for BufferLayer<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferLayer").field("bound", &self.bound).finish_non_exhaustive()
    }
}

impl<S, Q> Layer<S> for BufferLayer<Q>
where
    S: Service<Q> + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError> + Send + Sync,
    Q: Send + 'static,
{
    type Service = Buffer<Q, S::Future>;

    fn layer(&self, inner: S) -> Self::Service {
        Buffer {
            inner: tower::buffer::Buffer::new(Unqueue(inner), self.bound),
            waits: self.waits.clone(),
            wait: None,
            share: Arc::new(Share::new(self.capacity.clone(), self.bound)),
        }
    }
}

/// The service created by [`BufferLayer`]: a handle of tower's.
///
/// A request is in the queue from its call until the inner service is called, or until the task comes to it and finds that
/// the caller has given up.
pub struct Buffer<Q, F> {
    inner: tower::buffer::Buffer<Queued<Q>, F>,
    waits: Waits,
    /// For a place in a full queue.
    wait: Option<Wait>,
    share: Arc<Share>,
}

impl<Q, F> Clone for Buffer<Q, F>
where
    Q: Send + 'static,
    F: Send + 'static,
{
    fn clone(&self) -> Self {
        let (waits, share) = (self.waits.clone(), Arc::clone(&self.share));
        Self { inner: self.inner.clone(), waits, wait: None, share }
    }
}

impl<Q, F> fmt::Debug for Buffer<Q, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("capacity", &self.share).finish_non_exhaustive()
    }
}

impl<Q, F, T, E> Service<Q> for Buffer<Q, F>
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    E: Into<BoxError>,
    Q: Send + 'static,
{
    type Response = T;
    type Error = BoxError;
    type Future = ResponseFuture<F>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let ready = self.inner.poll_ready(cx);
        if ready.is_pending() && self.wait.is_none() {
            self.wait = self.waits.start();
        }
        ready
    }

    fn call(&mut self, request: Q) -> Self::Future {
        let wait = self.wait.take().map_or_else(|| self.waits.enqueue(), Wait::enqueue);
        self.inner.call(Queued { request, wait })
    }
}

/// A request in the queue.
#[derive(Debug)]
pub(crate) struct Queued<Q> {
    request: Q,
    wait: Wait,
}

/// The service behind the queue.
#[derive(Debug)]
struct Unqueue<S>(S);

impl<S, Q> Service<Queued<Q>> for Unqueue<S>
where
    S: Service<Q>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, queued: Queued<Q>) -> S::Future {
        let Queued { request, wait } = queued;
        drop(wait);
        self.0.call(request)
    }
}
