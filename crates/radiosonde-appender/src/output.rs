use std::sync::Arc;
use std::time::Duration;
use std::{fmt, thread};

use radiosonde_core::{SharedClock, diagnostics};
use radiosonde_queue::Rank;

use crate::at_exit::close_at_exit;
use crate::direct::Direct;
use crate::drop_reason::DropReason;
use crate::drops::DropNotice;
use crate::output_metrics::OutputMetrics;
use crate::queue::bounded::{Pushed, Queue};
use crate::queue::drain;
use crate::writer::Writer;

/// A running writer. Cheap to clone; all clones are the same output.
#[derive(Debug, Clone)]
pub struct Output {
    direct: Arc<Direct>,
    queue: Option<Arc<Queue>>,
}

/// What an output did with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was passed to the system.
    Now,
    /// It is queued.
    Later,
    /// It was dropped and counted.
    Never,
}

impl Output {
    /// Starts a writer, with its thread if it has a queue.
    ///
    /// `notice` composes the lines that report what the output dropped.
    pub fn start(
        mut writer: Writer,
        metrics: &OutputMetrics,
        notice: impl DropNotice,
        clock: SharedClock,
    ) -> Self {
        writer.count_with(metrics);
        let reasons = if writer.queue_options().is_some() { DropReason::QUEUED } else { DropReason::DIRECT };
        let dropped = Arc::new(metrics.dropped(writer.name(), reasons));
        let queue = writer
            .queue_options()
            .map(|options| Arc::new(Queue::new(options.clone(), Arc::clone(&dropped), Arc::clone(&clock))));
        let output = Self { direct: Arc::new(Direct::new(writer, dropped, Box::new(notice), clock)), queue };
        if let Some(queue) = &output.queue {
            output.spawn(queue);
            close_at_exit(queue);
        }
        output
    }

    fn spawn(&self, queue: &Arc<Queue>) {
        let (direct, drained) = (Arc::clone(&self.direct), Arc::clone(queue));
        let name = self.direct.name;
        let started =
            thread::Builder::new().name(format!("log-{name}")).spawn(move || drain::run(&direct, &drained));
        if let Err(error) = started {
            queue.ended();
            let message =
                format_args!("cannot start the thread for {name}, lines are written directly: {error}");
            diagnostics::report("log", "thread", message);
        }
    }

    /// The writer's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.direct.name
    }

    /// Whether writes are known to be lost: the stream is closed or is the null device.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.direct.stream.is_null()
    }

    /// Queues or writes a line that ends with a line feed, or counts and reports the failure.
    #[inline]
    #[allow(clippy::must_use_candidate, reason = "it writes whether or not the result is used")]
    pub fn write(&self, line: &[u8], rank: Rank) -> Written {
        match &self.queue {
            Some(queue) => self.push(queue, line, rank),
            None => self.write_directly(line, rank),
        }
    }

    fn push(&self, queue: &Arc<Queue>, line: &[u8], rank: Rank) -> Written {
        match queue.push(line, rank) {
            Pushed::Taken => Written::Later,
            Pushed::Dropped => Written::Never,
            Pushed::Orphaned { is_taken } => {
                self.spawn(queue);
                if is_taken { Written::Later } else { Written::Never }
            }
            Pushed::Direct => self.write_directly(line, rank),
        }
    }

    fn write_directly(&self, line: &[u8], rank: Rank) -> Written {
        if self.direct.write(line, rank) { Written::Now } else { Written::Never }
    }

    /// Starts the writer's thread again: a thread does not survive a fork.
    fn start_in_a_forked_child(&self, queue: &Arc<Queue>) {
        if queue.is_orphaned() {
            self.spawn(queue);
        }
    }

    /// Starts writing out the queue. Returns what to pass to [`wait_for_flush`](Self::wait_for_flush), if anything is
    /// queued.
    #[must_use]
    pub fn begin_flush(&self) -> Option<u64> {
        let queue = self.queue.as_ref()?;
        self.start_in_a_forked_child(queue);
        queue.begin_flush()
    }

    /// Waits at most this long until the lines of [`begin_flush`](Self::begin_flush) are written or dropped; true if they
    /// are.
    #[must_use]
    pub fn wait_for_flush(&self, target: u64, longest: Duration) -> bool {
        self.queue.as_ref().is_none_or(|queue| queue.wait_for_flush(target, longest))
    }

    /// Starts closing: the writer's thread empties the queue and ends. Later lines are written directly.
    pub fn begin_close(&self) {
        if let Some(queue) = &self.queue {
            self.start_in_a_forked_child(queue);
            queue.begin_close();
        }
    }

    /// Waits for the writer's thread to end. If it takes longer, queued lines are dropped and counted, and this is false.
    #[must_use]
    pub fn wait_for_close(&self, longest: Duration) -> bool {
        self.queue.as_ref().is_none_or(|queue| queue.wait_for_close(longest))
    }

    /// What happened to the lines that the queue accepted; `None` without a queue.
    #[must_use]
    pub fn report(&self) -> Option<WriterReport> {
        let (accepted, written, queued) = self.queue.as_ref()?.totals();
        Some(WriterReport { name: self.name(), accepted, written, queued })
    }
}

/// What happened to the lines that a writer's queue accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriterReport {
    /// The writer's name.
    pub name: &'static str,
    /// Lines that the queue accepted.
    pub accepted: u64,
    /// Accepted lines that were written.
    pub written: u64,
    /// Accepted lines that wait or are being written.
    pub queued: usize,
}

impl WriterReport {
    /// Accepted lines that will not be written; the metrics count them by reason.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.accepted.saturating_sub(self.written + self.queued as u64)
    }
}

impl fmt::Display for WriterReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, accepted, written, queued } = self;
        write!(f, "{name}: {accepted} lines taken, {written} written, {queued} queued")
    }
}
