use std::fmt;

use radiosonde_signals::{Queue, QueueRefusal};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendError;

use crate::channel::envelope::Envelope;
use crate::channel::receiver::Receiver;

/// Creates an unbounded channel, as [`mpsc::unbounded_channel`] does, with the golden signals of `queue`. Its saturation is unknown.
///
/// Apart from that it is like a bounded [`channel`](crate::channel).
#[must_use]
pub fn unbounded_channel<T>(queue: &Queue) -> (UnboundedSender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (UnboundedSender { inner: sender, queue: queue.clone() }, Receiver::unbounded(receiver))
}

/// Sends messages into an [`unbounded_channel`]: tokio's [`UnboundedSender`](mpsc::UnboundedSender), with the golden signals of the queue.
pub struct UnboundedSender<T> {
    inner: mpsc::UnboundedSender<Envelope<T>>,
    queue: Queue,
}

impl<T> UnboundedSender<T> {
    /// Sends a message.
    ///
    /// # Errors
    /// [`SendError`] with the message if the receiver is closed or gone.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        if self.inner.is_closed() {
            self.queue.refused(QueueRefusal::Closed);
            return Err(SendError(message));
        }
        // Inside before it is sent: it may be received at once.
        let envelope = Envelope::new(&self.queue, message).entered();
        let closed =
            |SendError(envelope): SendError<Envelope<T>>| SendError(envelope.refused(QueueRefusal::Closed));
        self.inner.send(envelope).map_err(closed)
    }

    /// Ready once the receiver is closed or gone.
    pub async fn closed(&self) {
        self.inner.closed().await;
    }

    /// Whether the receiver is closed or gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), queue: self.queue.clone() }
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedSender").field("queue", &self.queue).finish_non_exhaustive()
    }
}
