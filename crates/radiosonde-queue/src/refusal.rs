/// Why a queue refused an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The item alone is larger than the bounds.
    TooLarge,
    /// There is no room, and nothing may be done about it.
    QueueFull,
    /// There was no room in time.
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
