use std::fmt;
use std::task::{Context, Poll};

use radiosonde_signals::AddedCapacity;
use radiosonde_trace::Traced;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use crate::channel::envelope::Envelope;

/// Receives the messages of a [`channel`](crate::channel) or an [`unbounded_channel`](crate::unbounded_channel), each with the span that sent it.
///
/// [`Traced::carry`] and [`Traced::in_scope`] process a message in its sender's trace.
///
/// When it is dropped, the messages in the channel are lost: they are errors of the queue, and its depth is zero.
pub struct Receiver<T> {
    inner: Inner<T>,
    /// What `recv_many` receives, before it is opened; empty between calls.
    batch: Vec<Envelope<T>>,
    /// That of this channel, among those of the queue.
    _capacity: Option<AddedCapacity>,
}

enum Inner<T> {
    Bounded(mpsc::Receiver<Envelope<T>>),
    Unbounded(mpsc::UnboundedReceiver<Envelope<T>>),
}

/// Calls a method that both receivers have.
macro_rules! either {
    ($receiver:expr, $inner:ident => $call:expr) => {
        match $receiver {
            Inner::Bounded($inner) => $call,
            Inner::Unbounded($inner) => $call,
        }
    };
}

impl<T> Receiver<T> {
    pub(crate) const fn bounded(inner: mpsc::Receiver<Envelope<T>>, capacity: AddedCapacity) -> Self {
        Self { inner: Inner::Bounded(inner), batch: Vec::new(), _capacity: Some(capacity) }
    }

    pub(crate) const fn unbounded(inner: mpsc::UnboundedReceiver<Envelope<T>>) -> Self {
        Self { inner: Inner::Unbounded(inner), batch: Vec::new(), _capacity: None }
    }

    /// Receives the next message; `None` once all senders are gone, or the channel is [closed](Self::close), and it is empty.
    ///
    /// If the future is dropped before its end, no message was received.
    pub async fn recv(&mut self) -> Option<Traced<T>> {
        either!(&mut self.inner, inner => inner.recv().await).map(Envelope::open)
    }

    /// Receives up to `limit` messages, waits for the first of them, and appends them to `buffer`. Returns how many; zero where
    /// [`recv`](Self::recv) returns `None`, and if the limit is zero.
    ///
    /// If the future is dropped before its end, no message was received.
    pub async fn recv_many(&mut self, buffer: &mut Vec<Traced<T>>, limit: usize) -> usize {
        let batch = &mut self.batch;
        let received = either!(&mut self.inner, inner => inner.recv_many(batch, limit).await);
        buffer.extend(batch.drain(..).map(Envelope::open));
        received
    }

    /// Receives the next message if there is one now.
    ///
    /// # Errors
    /// [`TryRecvError`] if the channel is empty, or empty and without senders.
    pub fn try_recv(&mut self) -> Result<Traced<T>, TryRecvError> {
        either!(&mut self.inner, inner => inner.try_recv()).map(Envelope::open)
    }

    /// Like [`recv`](Self::recv), in a thread that runs no asynchronous code.
    ///
    /// # Panics
    /// Within asynchronous code.
    pub fn blocking_recv(&mut self) -> Option<Traced<T>> {
        either!(&mut self.inner, inner => inner.blocking_recv()).map(Envelope::open)
    }

    /// Polls for the next message.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Traced<T>>> {
        either!(&mut self.inner, inner => inner.poll_recv(cx)).map(|received| received.map(Envelope::open))
    }

    /// Lets no more messages in. Those inside can still be received.
    pub fn close(&mut self) {
        either!(&mut self.inner, inner => inner.close());
    }

    /// The number of messages inside.
    #[must_use]
    pub fn len(&self) -> usize {
        either!(&self.inner, inner => inner.len())
    }

    /// Whether no message is inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        either!(&self.inner, inner => inner.is_empty())
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("len", &self.len()).finish_non_exhaustive()
    }
}
