use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use http::header::{CONTENT_LENGTH, HeaderMap};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use radiosonde_core::Outcome;
use radiosonde_signals::{Ended, Record};

use crate::lifecycle::exchange::Exchange;

pin_project! {
    /// A response's body with the record of its request, which ends at the last byte. Dropping it earlier aborts the request.
    ///
    /// The service's own body is polled and dropped in the request's span, and dropped as soon as it is complete.
    #[derive(Debug)]
    pub struct ResponseBody<B, X: Exchange> {
        #[pin]
        inner: Option<B>,
        record: Option<Record<X>>,
        // Bytes left, if known: servers stop polling once they have sent the number of bytes they promised.
        remaining: Option<u64>,
    }

    impl<B, X: Exchange> PinnedDrop for ResponseBody<B, X> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let (Some(record), true, true) = (this.record, this.inner.is_some(), std::mem::needs_drop::<B>()) {
                record.in_span(|| this.inner.set(None));
            }
        }
    }
}

impl<B, X: Exchange> ResponseBody<B, X> {
    /// A body with this many bytes left, if known.
    pub(crate) const fn new(inner: B, remaining: Option<u64>, record: Record<X>) -> Self {
        Self { inner: Some(inner), record: Some(record), remaining }
    }

    pub(crate) const fn unrecorded(inner: B) -> Self {
        Self { inner: Some(inner), record: None, remaining: None }
    }
}

impl<B: Body, X: Exchange> Body for ResponseBody<B, X> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        if this.inner.is_none() {
            // It was dropped when it was over, and the record has ended.
            return Poll::Ready(None);
        }
        let mut poll = || {
            let Some(mut inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready((None, true)) };
            let frame = ready!(inner.as_mut().poll_frame(cx));
            let is_over = frame.is_none() || inner.is_end_stream();
            if is_over {
                this.inner.set(None);
            }
            Poll::Ready((frame, is_over))
        };
        let Some(record) = this.record else { return poll().map(|(frame, _)| frame) };
        let (frame, is_over) = ready!(record.in_scope(poll));
        match &frame {
            Some(Err(_)) => {
                let ended = record.work_mut().body_error();
                record.end(ended);
            }
            Some(Ok(frame)) => {
                let work = record.work_mut();
                if let Some(data) = frame.data_ref() {
                    let bytes = data.remaining() as u64;
                    work.data(data);
                    *this.remaining = this.remaining.map(|remaining| remaining.saturating_sub(bytes));
                } else if let Some(trailers) = frame.trailers_ref() {
                    work.trailers(trailers);
                }
                // No frame follows trailers, so the body is not polled again.
                if is_over || frame.is_trailers() || *this.remaining == Some(0) {
                    let ended = end_of_body(work, *this.remaining);
                    record.end(ended);
                }
            }
            None => {
                let ended = end_of_body(record.work_mut(), *this.remaining);
                record.end(ended);
            }
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

impl<B: Default, X: Exchange> Default for ResponseBody<B, X> {
    /// An empty body, which frameworks put in place of one that they take out.
    fn default() -> Self {
        Self { inner: Some(B::default()), record: None, remaining: None }
    }
}

/// The number of bytes that a server will send of this body, if known: the client expects the number in the header.
pub(crate) fn promised(body: &impl Body, headers: &HeaderMap) -> Option<u64> {
    let header = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    header.or_else(|| body.size_hint().exact())
}

/// The outcome of a body with this many promised bytes missing: an error if there are any.
pub(crate) fn end_of_body(work: &impl Exchange, missing: Option<u64>) -> Ended {
    match missing {
        None | Some(0) => Outcome::Completed.into(),
        Some(_) => work.body_error(),
    }
}
