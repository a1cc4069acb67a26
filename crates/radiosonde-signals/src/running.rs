use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::observed::Ended;
use crate::{Operation, Tracked};

pin_project! {
    /// A piece of asynchronous work of an [`Operation`]. The call begins with the first poll; dropping it amid is an abort.
    #[must_use = "futures do nothing unless polled"]
    pub struct Running<F, E> {
        operation: Operation,
        call: Option<Tracked>,
        ending: Option<E>,
        #[pin]
        work: F,
    }
}

impl<F, E> Running<F, E> {
    pub(crate) const fn new(operation: Operation, work: F, ending: E) -> Self {
        Self { operation, call: None, ending: Some(ending), work }
    }
}

impl<F, E> Future for Running<F, E>
where
    F: Future,
    E: FnOnce(&F::Output) -> Ended,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.ending.is_none() {
            // Polled again after its end: the work says what it thinks of that.
            return this.work.poll(cx);
        }
        // Taken out while it is polled: a panic then drops it on its way, and it knows what it ended by.
        let call = this.call.take().unwrap_or_else(|| this.operation.track());
        let polled = {
            let _entered = call.span().enter();
            this.work.poll(cx)
        };
        match polled {
            Poll::Pending => {
                *this.call = Some(call);
                Poll::Pending
            }
            Poll::Ready(returned) => {
                if let Some(ending) = this.ending.take() {
                    ending(&returned).end(call);
                }
                Poll::Ready(returned)
            }
        }
    }
}

impl<F, E> fmt::Debug for Running<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("operation", &self.operation.name()).finish_non_exhaustive()
    }
}
