use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{CONTENT_LENGTH, HeaderMap};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::Ending;
use crate::exchange::Exchange;

pin_project! {
    /// A response's body with the record of its request, which ends at the last byte. Dropping it before is an abort.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        inner: B,
        exchange: Option<Exchange>,
        // Bytes still to come, where that is known: servers stop asking once they have sent as many as they promised.
        remaining: Option<u64>,
    }
}

impl<B> ResponseBody<B> {
    /// A body of so many bytes, where that is known.
    pub(crate) const fn new(inner: B, remaining: Option<u64>, exchange: Exchange) -> Self {
        Self { inner, exchange: Some(exchange), remaining }
    }

    /// A body whose request has ended.
    pub(crate) const fn done(inner: B) -> Self {
        Self { inner, exchange: None, remaining: None }
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        // Taken out while it is polled: a panic then drops it on its way, and it knows what it ended by.
        let exchange = this.exchange.take();
        let polled = {
            let _entered = exchange.as_ref().map(|exchange| exchange.span().enter());
            this.inner.as_mut().poll_frame(cx)
        };
        let Poll::Ready(frame) = polled else {
            *this.exchange = exchange;
            return Poll::Pending;
        };
        let ending = match &frame {
            None => Some(Ending::Completed),
            Some(Err(_)) => Some(Ending::BodyError),
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, |data| bytes_in(data) as u64);
                *this.remaining = this.remaining.map(|remaining| remaining.saturating_sub(bytes));
                // Nothing follows trailers, so nobody asks for more.
                let is_last = frame.is_trailers() || *this.remaining == Some(0) || this.inner.is_end_stream();
                is_last.then_some(Ending::Completed)
            }
        };
        match (ending, exchange) {
            (Some(ending), Some(exchange)) => exchange.end(ending),
            (_, exchange) => *this.exchange = exchange,
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

impl<B: Default> Default for ResponseBody<B> {
    /// An empty body, as frameworks put in place of one that they take out.
    fn default() -> Self {
        Self::done(B::default())
    }
}

/// How many bytes a server will send of this body, where that is known.
pub(crate) fn promised(body: &impl Body, headers: &HeaderMap) -> Option<u64> {
    let header = || headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    body.size_hint().exact().or_else(header)
}

fn bytes_in(data: &impl bytes::Buf) -> usize {
    data.remaining()
}
