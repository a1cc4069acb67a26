use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::{CONTENT_LENGTH, HeaderMap};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::Ending;
use crate::exchange::Exchange;

pin_project! {
    /// A response's body with the record of its request, which ends at the last byte. Dropping it before is an abort.
    ///
    /// The service's own body is polled and dropped in the request's span, and dropped as soon as it has nothing left to give.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        inner: Option<B>,
        exchange: Option<Exchange>,
        // Bytes still to come, where that is known: servers stop asking once they have sent as many as they promised.
        remaining: Option<u64>,
    }

    impl<B> PinnedDrop for ResponseBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let (Some(exchange), true, true) = (this.exchange, this.inner.is_some(), std::mem::needs_drop::<B>()) {
                exchange.span().in_scope(|| this.inner.set(None));
            }
        }
    }
}

impl<B> ResponseBody<B> {
    /// A body of so many bytes, where that is known.
    pub(crate) const fn new(inner: B, remaining: Option<u64>, exchange: Exchange) -> Self {
        Self { inner: Some(inner), exchange: Some(exchange), remaining }
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
        let mut poll = || {
            let Some(mut inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready((None, true)) };
            let frame = ready!(inner.as_mut().poll_frame(cx));
            let is_over = frame.is_none() || inner.is_end_stream();
            if is_over {
                this.inner.set(None);
            }
            Poll::Ready((frame, is_over))
        };
        let Some(exchange) = this.exchange else { return poll().map(|(frame, _)| frame) };
        let (frame, is_over) = ready!(exchange.poll(poll));
        match &frame {
            Some(Err(_)) => exchange.end(Ending::BodyError),
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, |data| bytes_in(data) as u64);
                *this.remaining = this.remaining.map(|remaining| remaining.saturating_sub(bytes));
                // Nothing follows trailers, so nobody asks for more.
                if is_over || frame.is_trailers() || *this.remaining == Some(0) {
                    exchange.end(Ending::of_body(*this.remaining));
                }
            }
            None => exchange.end(Ending::of_body(*this.remaining)),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(B::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), B::size_hint)
    }
}

impl<B: Default> Default for ResponseBody<B> {
    /// An empty body, as frameworks put in place of one that they take out.
    fn default() -> Self {
        Self { inner: Some(B::default()), exchange: None, remaining: None }
    }
}

/// How many bytes a server will send of this body, where that is known: its client waits for what the header says.
pub(crate) fn promised(body: &impl Body, headers: &HeaderMap) -> Option<u64> {
    let header = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    header.or_else(|| body.size_hint().exact())
}

fn bytes_in(data: &impl bytes::Buf) -> usize {
    data.remaining()
}
