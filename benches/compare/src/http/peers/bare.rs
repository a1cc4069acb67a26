//! The router alone, and with layers that do nothing: what axum itself pays for any layer.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use tower::layer::layer_fn;
use tower::{Layer, Service};

use super::contender;
use crate::harness::Contender;
use crate::{BARE, BOXED, scene};

pub fn all() -> Vec<Contender> {
    let boxed = scene::router().layer(Nothing);
    vec![
        contender(BARE, scene::router(), None, || ()),
        contender("layer that changes no type", scene::router().layer(layer_fn(|inner| inner)), None, || ()),
        contender(BOXED, boxed, None, || ()),
    ]
}

/// A layer whose responses have a body of its own type, as a layer's that follows the body.
#[derive(Debug, Clone)]
struct Nothing;

impl<S> Layer<S> for Nothing {
    type Service = Through<S>;

    fn layer(&self, inner: S) -> Through<S> {
        Through(inner)
    }
}

#[derive(Debug, Clone)]
struct Through<S>(S);

impl<S, Q, B> Service<Request<Q>> for Through<S>
where
    S: Service<Request<Q>, Response = Response<B>>,
{
    type Response = Response<Through<B>>;
    type Error = S::Error;
    type Future = ThroughFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        ThroughFuture { inner: self.0.call(request) }
    }
}

pin_project_lite::pin_project! {
    struct ThroughFuture<F> {
        #[pin]
        inner: F,
    }
}

impl<F, B, E> Future for ThroughFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<Through<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx).map_ok(|response| response.map(Through))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Through<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
