use std::io;

use radiosonde_queue::Refusal;

/// Why a line is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// A write failed.
    Write,
    /// The disk was full.
    DiskFull,
    /// An earlier write failed and it was too early to try again.
    Waiting,
    /// The writer or sink panicked.
    Panicked,
    /// The queue was full.
    QueueFull,
    /// It was evicted from a full queue for a newer line.
    Evicted,
    /// It waited for room in a full queue and got none.
    Timeout,
    /// It is longer than the whole queue.
    TooLarge,
    /// It was still queued when the time for shutting down was over.
    Shutdown,
    /// A writer or sink emitted it while it took a line.
    Nested,
}

impl DropReason {
    pub(crate) const COUNT: usize = Self::ALL.len();
    /// Each reason, at the index of its discriminant.
    pub(crate) const ALL: [Self; 10] = [
        Self::Write,
        Self::DiskFull,
        Self::Waiting,
        Self::Panicked,
        Self::QueueFull,
        Self::Evicted,
        Self::Timeout,
        Self::TooLarge,
        Self::Shutdown,
        Self::Nested,
    ];
    /// The reasons of a writer without a queue.
    pub(crate) const DIRECT: &[Self] = &[Self::Write, Self::DiskFull, Self::Waiting, Self::Panicked];
    /// The reasons of a writer with a queue. Once the queue has ended, lines are written directly.
    pub(crate) const QUEUED: &[Self] = Self::ALL.split_at(Self::Nested as usize).0;

    /// The reason for a line whose write returned this error.
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull
            }
            _ => Self::Write,
        }
    }

    /// The value of the `reason` label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::DiskFull => "disk_full",
            Self::Waiting => "waiting",
            Self::Panicked => "panicked",
            Self::QueueFull => Refusal::QueueFull.reason(),
            Self::Evicted => "evicted",
            Self::Timeout => Refusal::Timeout.reason(),
            Self::TooLarge => Refusal::TooLarge.reason(),
            Self::Shutdown => Refusal::Shutdown.reason(),
            Self::Nested => "nested",
        }
    }
}

impl From<Refusal> for DropReason {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooLarge => Self::TooLarge,
            Refusal::QueueFull => Self::QueueFull,
            Refusal::Timeout => Self::Timeout,
            Refusal::Shutdown => Self::Shutdown,
        }
    }
}
