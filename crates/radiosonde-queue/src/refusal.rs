/// Why a queue refused an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The item alone exceeds the bounds.
    TooLarge,
    /// The queue is full, and the policy neither evicts nor waits.
    QueueFull,
    /// No room became free in time.
    Timeout,
    /// The queue is closed.
    Shutdown,
}

impl Refusal {
    /// The value of a `reason` label.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::QueueFull => "queue_full",
            Self::Timeout => "timeout",
            Self::Shutdown => "shutdown",
        }
    }
}
