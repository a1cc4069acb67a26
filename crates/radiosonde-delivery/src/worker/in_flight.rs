use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The batches of a sink that are being sent, up to a limit.
///
/// They are part of the sink's task and not tasks of their own, so that they end with it. There are few of them, so all are
/// polled whenever one is ready.
pub(super) struct InFlight<'a> {
    sending: Vec<Pin<Box<dyn Future<Output = ()> + Send + 'a>>>,
    limit: usize,
}

impl<'a> InFlight<'a> {
    pub(super) fn new(limit: usize) -> Self {
        Self { sending: Vec::with_capacity(limit), limit }
    }

    pub(super) fn push(&mut self, sending: impl Future<Output = ()> + Send + 'a) {
        self.sending.push(Box::pin(sending));
    }

    /// Sends until `next` is ready, which begins once there is room for it.
    pub(super) async fn while_waiting_for<T>(&mut self, mut next: Pin<&mut impl Future<Output = T>>) -> T {
        poll_fn(|context| {
            self.poll(context);
            // Full: the batch that ends first wakes this task.
            if self.sending.len() >= self.limit { Poll::Pending } else { next.as_mut().poll(context) }
        })
        .await
    }

    /// Sends until all are sent.
    pub(super) async fn finish(&mut self) {
        poll_fn(|context| {
            self.poll(context);
            if self.sending.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn poll(&mut self, context: &mut Context<'_>) {
        self.sending.retain_mut(|sending| sending.as_mut().poll(context).is_pending());
    }
}
