use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::exchange::Exchange;
use crate::{Ending, RequestId, ResponseBody};

pin_project! {
    /// The response to come, with the record of its request. Dropping it before its end is an abort, and is recorded.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        exchange: Option<Exchange>,
        request_id: Option<RequestId>,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) const fn new(inner: F, exchange: Exchange, request_id: Option<RequestId>) -> Self {
        Self { inner, exchange: Some(exchange), request_id }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Taken out while it is polled: a panic then drops it on its way, and it knows what it ended by.
        let Some(mut exchange) = this.exchange.take() else {
            // Polled again after its end: the inner future says what it thinks of that.
            return this.inner.poll(cx).map_ok(|response| response.map(ResponseBody::done));
        };
        let polled = {
            let _entered = exchange.span().enter();
            this.inner.poll(cx)
        };
        if polled.is_pending() {
            *this.exchange = Some(exchange);
            return Poll::Pending;
        }
        Poll::Ready(match ready!(polled) {
            Ok(mut response) => {
                if let Some(id) = this.request_id.take() {
                    response.headers_mut().insert(crate::REQUEST_ID, id.header());
                }
                let ends_here = exchange.head(response.status());
                let (head, body) = response.into_parts();
                let promised = crate::body::promised(&body, &head.headers);
                // A server that has promised no bytes does not ask the body for any.
                if ends_here || body.is_end_stream() || promised == Some(0) {
                    exchange.end(Ending::Completed);
                    Ok(Response::from_parts(head, ResponseBody::done(body)))
                } else {
                    Ok(Response::from_parts(head, ResponseBody::new(body, promised, exchange)))
                }
            }
            Err(error) => {
                exchange.end(Ending::ServiceError);
                Err(error)
            }
        })
    }
}
