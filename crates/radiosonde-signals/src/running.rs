use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::ended::Ended;
use crate::operation::Operation;
use crate::record::Record;

pin_project! {
    /// Asynchronous work of an [`Operation`]. The call begins with the first poll; dropping the future before its end aborts it.
    ///
    /// The work is polled and dropped in the call's span. It is dropped as soon as it is ready; a further poll stays pending.
    #[must_use = "futures do nothing unless polled"]
    pub struct Running<F, E> {
        operation: Operation,
        record: Option<Record<Operation>>,
        ended: Option<E>,
        #[pin]
        work: Option<F>,
    }

    impl<F, E> PinnedDrop for Running<F, E> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(record) = this.record {
                record.span().in_scope(|| this.work.set(None));
            }
        }
    }
}

impl<F, E> Running<F, E> {
    pub(crate) const fn new(operation: Operation, work: F, ended: E) -> Self {
        Self { operation, record: None, ended: Some(ended), work: Some(work) }
    }
}

impl<F, E> Future for Running<F, E>
where
    F: Future,
    E: FnOnce(&F::Output) -> Ended,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if this.work.is_none() {
            return Poll::Pending;
        }
        let record = this.record.get_or_insert_with(|| this.operation.track());
        let polled = record.in_scope(|| {
            let Some(work) = this.work.as_mut().as_pin_mut() else { return Poll::Pending };
            let polled = work.poll(cx);
            if polled.is_ready() {
                this.work.set(None);
            }
            polled
        });
        let returned = ready!(polled);
        if let (Some(ended), Some(mut record)) = (this.ended.take(), this.record.take()) {
            record.end(ended(&returned));
        }
        Poll::Ready(returned)
    }
}

impl<F, E> fmt::Debug for Running<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("operation", &self.operation.name()).finish_non_exhaustive()
    }
}
