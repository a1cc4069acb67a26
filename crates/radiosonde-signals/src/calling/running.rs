use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::calling::call::{Call, Start};
use crate::operations::operation::Operation;
use crate::recording::ended::Ended;
use crate::recording::record::Record;

pin_project! {
    /// Asynchronous work of an [`Operation`]. The call begins with the first poll; dropping the future before its end aborts it.
    ///
    /// The work is polled and dropped in the call's span. It is dropped as soon as it is ready; a further poll stays pending.
    #[must_use = "futures do nothing unless polled"]
    pub struct Running<F, E, B = Operation> {
        call: Call<B>,
        ended: Option<E>,
        #[pin]
        work: Option<F>,
    }

    impl<F, E, B> PinnedDrop for Running<F, E, B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Call::Open(record) = this.call {
                record.in_span(|| this.work.set(None));
            }
        }
    }
}

impl<F, E, B> Running<F, E, B> {
    pub(crate) const fn new(begin: B, work: F, ended: E) -> Self {
        Self { call: Call::Waiting(begin), ended: Some(ended), work: Some(work) }
    }
}

impl<F, E, B> Future for Running<F, E, B>
where
    F: Future,
    E: FnOnce(&F::Output, &Record<Operation>) -> Ended,
    B: Start,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(record) = this.call.record() else { return Poll::Pending };
        let polled = record.in_scope(|| {
            let Some(work) = this.work.as_mut().as_pin_mut() else { return Poll::Pending };
            let polled = work.poll(cx);
            if polled.is_ready() {
                this.work.set(None);
            }
            polled
        });
        let returned = ready!(polled);
        if let (Some(ended), Some(mut record)) = (this.ended.take(), this.call.take()) {
            let ended = ended(&returned, &record);
            record.end(ended);
        }
        Poll::Ready(returned)
    }
}

impl<F, E, B> fmt::Debug for Running<F, E, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("call", &self.call).finish_non_exhaustive()
    }
}
