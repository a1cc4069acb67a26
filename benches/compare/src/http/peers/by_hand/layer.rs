use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::record::{Record, Routes};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(Clone)]
pub struct ByHand(pub Arc<Routes>);

impl<S> Layer<S> for ByHand {
    type Service = ByHandService<S>;

    fn layer(&self, inner: S) -> ByHandService<S> {
        ByHandService { inner, routes: Arc::clone(&self.0) }
    }
}

#[derive(Clone)]
pub struct ByHandService<S> {
    inner: S,
    routes: Arc<Routes>,
}

impl<S, Q, B> Service<Request<Q>> for ByHandService<S>
where
    S: Service<Request<Q>, Response = Response<B>>,
{
    type Response = Response<ByHandBody<B>>;
    type Error = S::Error;
    type Future = ByHandFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let record = Record::start(&self.routes, &request);
        ByHandFuture { inner: self.inner.call(request), record: Some(record) }
    }
}

pin_project! {
    pub struct ByHandFuture<F> {
        #[pin]
        inner: F,
        record: Option<Record>,
    }
}

impl<F, B, E> Future for ByHandFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ByHandBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        let mut record = this.record.take();
        if let Some(record) = &mut record {
            record.status = response.status().as_u16();
            let id = HeaderValue::from_bytes(&record.request_id).unwrap();
            response.headers_mut().insert(REQUEST_ID, id);
        }
        Poll::Ready(Ok(response.map(|inner| ByHandBody { inner, record })))
    }
}

pin_project! {
    pub struct ByHandBody<B> {
        #[pin]
        inner: B,
        record: Option<Record>,
    }
}

impl<B: Body<Data = Bytes>> Body for ByHandBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(cx));
        if frame.is_none() {
            if let Some(record) = this.record.take() {
                record.end();
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
