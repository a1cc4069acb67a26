use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::exchange::Exchange;
use crate::{Ending, RequestId, ResponseBody};

pin_project! {
    /// The response to come, with the record of its request. Dropping it before its end is an abort, and is recorded.
    ///
    /// The service's own future is polled and dropped in the request's span. It is dropped as soon as it is ready; polled again after
    /// that, this one stays pending.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: Option<F>,
        exchange: Option<Exchange>,
        request_id: Option<RequestId>,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(exchange) = this.exchange {
                exchange.span().in_scope(|| this.inner.set(None));
            }
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) const fn new(inner: F, exchange: Exchange, request_id: Option<RequestId>) -> Self {
        Self { inner: Some(inner), exchange: Some(exchange), request_id }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(exchange) = this.exchange else { return Poll::Pending };
        let polled = exchange.poll(|| {
            let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
            let polled = inner.poll(cx);
            if polled.is_ready() {
                this.inner.set(None);
            }
            polled
        });
        let result = ready!(polled);
        // There: it was polled.
        let Some(mut exchange) = this.exchange.take() else { return Poll::Pending };
        Poll::Ready(match result {
            Ok(mut response) => {
                if let Some(id) = this.request_id.take() {
                    response.headers_mut().insert(crate::REQUEST_ID, id.header());
                }
                let has_body = exchange.head(response.status());
                let (head, body) = response.into_parts();
                let promised = if has_body { crate::body::promised(&body, &head.headers) } else { Some(0) };
                if promised == Some(0) {
                    // A server that has promised no bytes does not ask the body for any.
                    exchange.end(Ending::Completed);
                } else if body.is_end_stream() {
                    exchange.end(Ending::of_body(promised));
                }
                Ok(Response::from_parts(head, ResponseBody::new(body, promised, exchange)))
            }
            Err(error) => {
                exchange.end(Ending::ServiceError);
                Err(error)
            }
        })
    }
}
