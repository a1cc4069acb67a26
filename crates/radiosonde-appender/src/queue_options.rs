use std::fmt;
use std::time::Duration;

use radiosonde_queue::OverflowPolicy;

/// How long the queues of an output that is dropped are waited for, and those of a process that exits.
pub const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// The bounds of a writer's queue, and what happens when they are reached.
///
/// | | default |
/// |---|---|
/// | [`max_bytes`](Self::max_bytes) | 8 MiB of lines |
/// | [`max_lines`](Self::max_lines) | 65,536 |
/// | [`overflow`](Self::overflow) | a line at ERROR or FATAL waits for up to 5 ms, an audit line for up to 5 s, others are dropped |
///
/// The rule is that of [`radiosonde_queue`]: lines with the target `radiosonde::audit` are reserved items, which may exceed both
/// bounds by an eighth. A thread that logs such lines must not hold the lock of the standard output that they go to: the writer's
/// thread would wait for it.
///
/// Dropped lines are counted in `radiosonde_log_dropped_total{writer,reason,level}`, with the reason `queue_full`, `evicted` or
/// `timeout`. When the queue takes lines again, a line at WARN says how many there were, of which levels, and since when.
///
/// # Cost
/// To the thread that logs: a lock that is held while the line is copied. No allocation once the queue has grown to what it
/// usually holds; memory is taken in pieces of 64 KiB, and what a burst took is given back afterwards. The writer's thread is
/// woken for the first line after a pause; while lines keep coming it looks by itself every millisecond, and is woken only when
/// much has come together. Everything that is there then goes out in one write of up to 64 KiB.
///
/// # Fork
/// A forked child starts a thread of its own, and leaves to the parent what was queued before. Flush before a fork, with
/// `LogHandle::flush` of `radiosonde-log`, and log nothing between on any thread: otherwise the child may find a lock
/// taken that nobody will release, and lose up to 64 of its first lines, which came behind those of the parent.
///
/// ```
/// use radiosonde_core::Level;
/// use radiosonde_appender::{QueueOptions, Writer};
/// use radiosonde_queue::{Overflow, OverflowPolicy};
///
/// let newest_matter = OverflowPolicy::default().level(Level::Info, Overflow::DropOldest);
/// let writer = Writer::stderr().queue(QueueOptions::new().max_bytes(1 << 20).overflow(newest_matter));
/// # let _ = writer;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueOptions {
    pub(crate) max_bytes: usize,
    pub(crate) max_lines: usize,
    pub(crate) overflow: OverflowPolicy,
}

impl Default for QueueOptions {
    fn default() -> Self {
        Self { max_bytes: 8 << 20, max_lines: 1 << 16, overflow: OverflowPolicy::default() }
    }
}

impl QueueOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The most bytes of lines that wait or are being written; at least what the longest line has, and at most 4 GiB.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The most lines that wait or are being written; at least 1.
    #[must_use]
    pub const fn max_lines(mut self, lines: usize) -> Self {
        self.max_lines = lines;
        self
    }

    /// What becomes of a line for which there is no room, by its level.
    #[must_use]
    pub const fn overflow(mut self, policy: OverflowPolicy) -> Self {
        self.overflow = policy;
        self
    }

    /// Whether a queue can be like this, if no line is longer.
    pub(crate) fn check(&self, longest_line: usize) -> Result<(), InvalidQueue> {
        let (option, value, least) =
            if self.max_bytes < longest_line || u32::try_from(self.max_bytes).is_err() {
                ("max_bytes", self.max_bytes, longest_line)
            } else if self.max_lines == 0 {
                ("max_lines", 0, 1)
            } else {
                return Ok(());
            };
        Err(InvalidQueue { option, value, least })
    }
}

/// A setting of [`QueueOptions`] outside its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidQueue {
    option: &'static str,
    value: usize,
    least: usize,
}

impl InvalidQueue {
    /// The setting's name.
    #[must_use]
    pub const fn option(&self) -> &'static str {
        self.option
    }
}

impl fmt::Display for InvalidQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { option, value, least } = self;
        write!(f, "invalid {option} {value} of a queue: expected {least} to {}", u32::MAX)
    }
}

impl std::error::Error for InvalidQueue {}
