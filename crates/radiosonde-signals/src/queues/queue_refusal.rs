/// Why a message did not get into a queue: the label `result` of `queue_messages_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueueRefusal {
    /// The queue was full: `full`.
    Full,
    /// The queue has no receiver any more: `closed`.
    Closed,
}
