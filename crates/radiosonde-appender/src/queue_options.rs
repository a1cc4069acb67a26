use std::fmt;
use std::time::Duration;

use radiosonde_queue::OverflowPolicy;

/// How long an output that is dropped, or a process that exits, waits for its queues.
pub const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// The bounds of a writer's queue, and what happens when they are reached.
///
/// | | default |
/// |---|---|
/// | [`max_bytes`](Self::max_bytes) | 8 MiB of lines |
/// | [`max_lines`](Self::max_lines) | 65,536 |
/// | [`overflow`](Self::overflow) | a line at ERROR or FATAL waits for up to 5 ms, an audit line for up to 5 s; others are dropped |
///
/// The admission rule is that of [`radiosonde_queue`]: lines with the target `radiosonde::audit` are reserved items, which
/// may exceed both bounds by an eighth. A thread that logs such a line must not hold the lock of the standard output it goes
/// to: the writer's thread would wait for it.
///
/// Dropped lines are counted in `radiosonde_log_dropped_total{writer,reason,level}`, with the reason `queue_full`, `evicted`
/// or `timeout`. When the queue accepts lines again, a line at WARN reports how many were dropped, at which levels and since
/// when.
///
/// # Cost
/// Each line takes a lock, held while the line is copied. Nothing is allocated once the queue has grown to its usual size;
/// memory is taken in pieces of 64 KiB, and freed after a burst. The writer's thread is woken for the first line after a
/// pause; while lines keep arriving it polls every millisecond and is woken only when much is queued. It then writes
/// everything in pieces of up to 64 KiB.
///
/// # Fork
/// A forked child starts a thread of its own and leaves to the parent what was queued before. Flush before a fork, with
/// `LogHandle::flush` of `radiosonde-log`, and log nothing in between on any thread. Otherwise the child may find a lock
/// that is never released, and may lose up to 64 of its first lines.
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
#[must_use]
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
    /// The default bounds and overflow policy.
    pub fn new() -> Self {
        Self::default()
    }

    /// The largest number of bytes queued or being written: at least the longest line, and at most 4 GiB.
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The largest number of lines queued or being written; at least 1.
    pub const fn max_lines(mut self, lines: usize) -> Self {
        self.max_lines = lines;
        self
    }

    /// What happens to a line that does not fit, by its level.
    pub const fn overflow(mut self, policy: OverflowPolicy) -> Self {
        self.overflow = policy;
        self
    }

    /// Checks the bounds, for lines of at most this length.
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
        let longest = if *option == "max_bytes" { ", the longest line," } else { "" };
        write!(f, "invalid queue option {option} {value}: expected {least}{longest} to {}", u32::MAX)
    }
}

impl std::error::Error for InvalidQueue {}
