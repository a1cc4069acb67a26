use std::fmt;
use std::time::Duration;

use radiosonde_delivery::{Queue, SinkReport};
use radiosonde_log::{Line, LineSink};
use radiosonde_queue::OverflowPolicy;

use crate::push::entry::Entry;

/// Pushes log lines to Loki; built by [`LokiOptions::build`](crate::LokiOptions::build).
///
/// # Shape
/// A stream per level, labelled `service_name`, `level` and, if the resource has one, `env`; the ids of a line and the service's
/// instance are its structured metadata. Cheap to clone; all clones are the same sink.
///
/// # Cost
/// [`accept`](LineSink::accept) copies the line and its ids and pushes them to a queue; see [`Queue`]. If that is full,
/// [`LokiOptions::overflow`](crate::LokiOptions::overflow) decides. Default: a line at ERROR or FATAL waits for up to 5 ms and
/// others are dropped.
#[derive(Clone)]
pub struct LokiSink {
    pub(crate) queue: Queue<Entry>,
    pub(crate) max_line_bytes: usize,
    /// The encoded size of the structured metadata that all entries share.
    pub(crate) shared_bytes: usize,
    pub(crate) overflow: OverflowPolicy,
}

impl LokiSink {
    /// The counts of lines so far.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.queue.report()
    }
}

impl LineSink for LokiSink {
    fn accept(&self, line: &Line<'_>) {
        if line.json().len() > self.max_line_bytes {
            // Loki would refuse it, and a truncated line would not be valid JSON.
            self.queue.refuse("line_too_long");
            return;
        }
        let entry = Entry::new(line);
        let size = entry.size() + self.shared_bytes;
        // The queue has counted a refusal.
        let _ = self.queue.push_or(entry, size, line.rank(), self.overflow.of(line.rank()));
    }

    fn flush(&self, deadline: Duration) -> bool {
        self.queue.flush_blocking(deadline)
    }
}

impl fmt::Debug for LokiSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LokiSink").field("report", &self.report()).finish_non_exhaustive()
    }
}
