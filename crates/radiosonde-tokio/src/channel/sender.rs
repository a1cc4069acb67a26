use std::fmt;

use radiosonde_signals::{Queue, QueueRefusal};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{SendError, TrySendError};

use crate::channel::block_on::block_on;
use crate::channel::envelope::Envelope;
use crate::channel::receiver::Receiver;

/// Creates a bounded channel, as [`mpsc::channel`] does, with the golden signals of `queue`, to whose capacity it adds
/// its own for as long as the receiver lives.
///
/// Each message carries the span in which it was sent, whose trace its receiver [continues](radiosonde_trace::Traced::carry).
///
/// # Shape
/// The wait of a message lasts from the call of `send` until it is received, so it includes the time for which a full channel held the
/// sender back. The depth is of messages inside. A message that is refused because the channel is full or closed, whose `send` is given up, or
/// that is lost in the channel because the receiver is gone, is an error of the queue.
///
/// # Cost
/// About 120 bytes besides the message. A message takes two readings of the clock and seven atomic operations more than tokio's.
///
/// # Panics
/// If the capacity is zero, or more than `usize::MAX >> 3`, as tokio's.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{Queue, Worker};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let registry = Registry::new();
/// let queue = Queue::builder("mail").registry(&registry).build()?;
/// let worker = Worker::builder("mail").max(1).registry(&registry).build()?;
/// let (sender, mut receiver) = radiosonde_tokio::channel(&queue, 100);
///
/// sender.send("welcome").await?;
/// drop(sender);
/// while let Some(received) = receiver.recv().await {
///     let task = worker.task("send_mail");
///     received.carry(|mail| task.run_infallible_async(async move { assert_eq!(mail, "welcome") })).await;
/// }
/// let text = registry.text();
/// assert!(text.contains("queue_wait_seconds_count{queue=\"mail\"} 1\n"));
/// assert!(text.contains("queue_capacity{queue=\"mail\"} 100\n"));
/// assert!(text.contains("tasks_total{state=\"completed\",task=\"send_mail\",worker=\"mail\"} 1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn channel<T>(queue: &Queue, capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel(capacity);
    let capacity = queue.add_capacity(capacity as u64);
    (Sender { inner: sender, queue: queue.clone() }, Receiver::bounded(receiver, capacity))
}

/// Sends messages into a [`channel`]: tokio's [`Sender`](mpsc::Sender), with the golden signals of the queue.
pub struct Sender<T> {
    inner: mpsc::Sender<Envelope<T>>,
    queue: Queue,
}

impl<T> Sender<T> {
    /// Sends a message, as soon as there is a place for it.
    ///
    /// If the future is dropped before its end, the message was not sent and counts as `cancelled`. It loses its place among those that wait.
    ///
    /// # Errors
    /// [`SendError`] with the message if the receiver is closed or gone.
    pub async fn send(&self, message: T) -> Result<(), SendError<T>> {
        let envelope = Envelope::new(&self.queue, message);
        match self.inner.reserve().await {
            Ok(place) => {
                place.send(envelope.entered());
                Ok(())
            }
            Err(_) => Err(SendError(envelope.refused(QueueRefusal::Closed))),
        }
    }

    /// Sends a message if there is a place for it now.
    ///
    /// # Errors
    /// [`TrySendError`] with the message if the channel is full, or the receiver is closed or gone.
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        let envelope = Envelope::new(&self.queue, message);
        match self.inner.try_reserve() {
            Ok(place) => {
                place.send(envelope.entered());
                Ok(())
            }
            Err(TrySendError::Full(())) => Err(TrySendError::Full(envelope.refused(QueueRefusal::Full))),
            Err(TrySendError::Closed(())) => {
                Err(TrySendError::Closed(envelope.refused(QueueRefusal::Closed)))
            }
        }
    }

    /// Like [`send`](Self::send), in a thread that runs no asynchronous code: it blocks the thread until there is a place.
    ///
    /// # Errors
    /// [`SendError`] with the message if the receiver is closed or gone.
    pub fn blocking_send(&self, message: T) -> Result<(), SendError<T>> {
        block_on(self.send(message))
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

    /// How many places are free.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    /// How many places there are.
    #[must_use]
    pub fn max_capacity(&self) -> usize {
        self.inner.max_capacity()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), queue: self.queue.clone() }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("queue", &self.queue).finish_non_exhaustive()
    }
}
