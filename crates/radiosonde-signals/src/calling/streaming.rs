use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;
use radiosonde_core::Outcome;

use crate::calling::call::{Call, Start};
use crate::operations::operation::Operation;
use crate::recording::ended::Ended;
use crate::recording::record::Record;

pin_project! {
    /// A stream that is one call of an [`Operation`], from its first poll to its end.
    ///
    /// It fails with its first item that is an `Err`, also if it is dropped after that; dropped before its end without one, it
    /// is aborted. The stream is polled and dropped in the call's span. After its end it stays ended.
    #[doc(hidden)]
    #[must_use = "streams do nothing unless polled"]
    pub struct Streaming<S, E, B = Operation> {
        call: Call<B>,
        ended: E,
        failed: Option<Ended>,
        #[pin]
        work: Option<S>,
    }

    impl<S, E, B> PinnedDrop for Streaming<S, E, B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Call::Open(record) = this.call {
                record.in_span(|| this.work.set(None));
                // A record in which a poll panicked counts the panic.
                if let Some(failed) = this.failed.take().filter(|_| !record.has_panicked()) {
                    record.end(failed);
                }
            }
        }
    }
}

impl<S, E, B> Streaming<S, E, B> {
    pub(crate) const fn new(begin: B, work: S, ended: E) -> Self {
        Self { call: Call::Waiting(begin), ended, failed: None, work: Some(work) }
    }
}

impl<S, E, B> Stream for Streaming<S, E, B>
where
    S: Stream,
    E: FnMut(&S::Item, &Record<Operation>) -> Ended,
    B: Start,
{
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        let Some(record) = this.call.record() else { return Poll::Ready(None) };
        let polled = record.in_scope(|| {
            let Some(work) = this.work.as_mut().as_pin_mut() else { return Poll::Ready(None) };
            let polled = work.poll_next(cx);
            if matches!(polled, Poll::Ready(None)) {
                this.work.set(None);
            }
            polled
        });
        let item = ready!(polled);
        if let Some(item) = &item {
            let ended = (this.ended)(item, record);
            if ended.outcome() != Outcome::Completed && this.failed.is_none() {
                *this.failed = Some(ended);
            }
        } else if let Some(mut record) = this.call.take() {
            record.end(this.failed.take().unwrap_or_else(|| Outcome::Completed.into()));
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.work.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}

impl<S, E, B> fmt::Debug for Streaming<S, E, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").field("call", &self.call).finish_non_exhaustive()
    }
}
