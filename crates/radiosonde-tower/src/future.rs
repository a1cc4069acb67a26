use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use radiosonde_core::Outcome;
use radiosonde_signals::{Ended, Record};

use crate::body::{ResponseBody, end_of_body, promised};
use crate::exchange::Exchange;
use crate::request_id::{REQUEST_ID, RequestId};

pin_project! {
    /// The future response, with the record of its request. Dropping it before its end aborts the request, which is recorded.
    ///
    /// The service's own future is polled and dropped in the request's span. It is dropped as soon as it is ready; a further
    /// poll stays pending.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: Option<F>,
        record: Option<Record<Exchange>>,
        request_id: Option<RequestId>,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(record) = this.record {
                record.span().in_scope(|| this.inner.set(None));
            }
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) const fn new(inner: F, record: Record<Exchange>, request_id: Option<RequestId>) -> Self {
        Self { inner: Some(inner), record: Some(record), request_id }
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
        let Some(record) = this.record else { return Poll::Pending };
        let polled = record.in_scope(|| {
            let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
            let polled = inner.poll(cx);
            if polled.is_ready() {
                this.inner.set(None);
            }
            polled
        });
        let result = ready!(polled);
        // Present until the future is ready.
        let Some(mut record) = this.record.take() else { return Poll::Pending };
        Poll::Ready(match result {
            Ok(mut response) => {
                if let Some(id) = this.request_id.take() {
                    response.headers_mut().insert(REQUEST_ID, id.header());
                }
                let has_body = record.work_mut().head(response.status());
                let (head, body) = response.into_parts();
                let promised = if has_body { promised(&body, &head.headers) } else { Some(0) };
                if promised == Some(0) {
                    // A server that has promised no bytes does not poll the body.
                    record.end(Outcome::Completed);
                } else if body.is_end_stream() {
                    record.end(end_of_body(promised));
                }
                Ok(Response::from_parts(head, ResponseBody::new(body, promised, record)))
            }
            Err(error) => {
                record.end(Ended::from(Outcome::Failed).with_error_type("service_error"));
                Err(error)
            }
        })
    }
}
