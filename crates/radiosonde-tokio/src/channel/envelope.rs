use radiosonde_signals::{Queue, QueueRefusal, Waiting};
use radiosonde_trace::Traced;

/// What a channel carries: a message with its sender's span, and its wait.
#[derive(Debug)]
pub(crate) struct Envelope<T> {
    message: Traced<T>,
    waiting: Waiting,
}

impl<T> Envelope<T> {
    /// A message that begins to wait for a place in the channel, sent by the current span.
    pub(crate) fn new(queue: &Queue, message: T) -> Self {
        Self { message: Traced::new(message), waiting: queue.arrive() }
    }

    /// The message gets its place.
    pub(crate) fn entered(mut self) -> Self {
        self.waiting.enter();
        self
    }

    /// The message is received.
    pub(crate) fn open(self) -> Traced<T> {
        let sender = self.message.sender().map(|sender| sender.context());
        self.waiting.received_in(sender.as_ref());
        self.message
    }

    /// The message is not sent.
    pub(crate) fn refused(self, why: QueueRefusal) -> T {
        self.waiting.refused(why);
        self.message.into_message()
    }
}
