use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use radiosonde_core::Outcome;
use radiosonde_signals::Record;

use crate::lifecycle::exchange::{Exchange, Follows};
use crate::lifecycle::response_body::{ResponseBody, end_of_body, promised};
use crate::routing::route::Route;

pin_project! {
    /// The future response, with the record of its request. Dropping it before its end aborts the request, which is recorded.
    ///
    /// The service's own future is polled and dropped in the request's span. It is dropped as soon as it is ready; a further
    /// poll stays pending.
    #[derive(Debug)]
    pub struct ResponseFuture<F, X: Exchange> {
        #[pin]
        inner: Option<F>,
        record: Option<Record<X>>,
        // The route, told to a layer outside that does not know it.
        route: Option<Route>,
    }

    impl<F, X: Exchange> PinnedDrop for ResponseFuture<F, X> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(record) = this.record {
                record.in_span(|| this.inner.set(None));
            }
        }
    }
}

impl<F, X: Exchange> ResponseFuture<F, X> {
    pub(crate) const fn new(inner: F, record: Record<X>, route: Option<Route>) -> Self {
        Self { inner: Some(inner), record: Some(record), route }
    }

    /// A response without a record: another layer has one, or the request is excluded.
    pub(crate) const fn unrecorded(inner: F, route: Option<Route>) -> Self {
        Self { inner: Some(inner), record: None, route }
    }
}

impl<F, X, B, E> Future for ResponseFuture<F, X>
where
    F: Future<Output = Result<Response<B>, E>>,
    X: Exchange,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B, X>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(record) = this.record else {
            let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
            let result = ready!(inner.poll(cx));
            this.inner.set(None);
            return Poll::Ready(result.map(|mut response| {
                if let Some(route) = this.route.take() {
                    response.extensions_mut().insert(route);
                }
                response.map(ResponseBody::unrecorded)
            }));
        };
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
            Ok(response) => {
                let (mut head, body) = response.into_parts();
                if let Some(route) = this.route.take() {
                    head.extensions.insert(route);
                }
                let took = record.elapsed();
                record.work_mut().first_byte(took);
                let promised = match record.with_span(|work, span| work.head(span, &mut head)) {
                    Follows::Body => promised(&body, &head.headers),
                    Follows::Trailers => None,
                    Follows::Nothing => Some(0),
                };
                if promised == Some(0) {
                    // A server that has promised no bytes does not poll the body.
                    record.end(Outcome::Completed);
                } else if body.is_end_stream() {
                    let ended = end_of_body(record.work_mut(), promised);
                    record.end(ended);
                }
                Ok(Response::from_parts(head, ResponseBody::new(body, promised, record)))
            }
            Err(error) => {
                let ended = record.work_mut().service_error();
                record.end(ended);
                Err(error)
            }
        })
    }
}
