use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use radiosonde_core::diagnostics;

use crate::query::RecentQuery;
use crate::recent_line::RecentLine;
use crate::ring::{Ring, Stored};
use radiosonde_log::{Line, LineSink};

/// Lines read under one lock, so that threads that log do not wait for long.
const TURN: usize = 64;

/// Keeps the last lines in memory: a sink for [`LogOptions::sink`](radiosonde_log::LogOptions::sink).
///
/// Bounded by lines and by bytes; the newest evict the oldest. Clones share the lines.
///
/// # Cost
/// Per line, on the thread that logs: a lock and a copy of the line; no allocation once the buffer is full. The memory is
/// reserved at once and becomes resident as lines arrive.
///
/// ```
/// use std::sync::Arc;
/// use radiosonde_core::Resource;
/// use radiosonde_log::JsonLayer;
/// use radiosonde_recent::{RecentLines, RecentQuery};
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let recent = RecentLines::new();
/// let layer = JsonLayer::builder(&Resource::new("orders")).sink(Arc::new(recent.clone())).build()?;
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
///     tracing::info!(sku = "b-2", "order priced");
///     tracing::info!("order shipped");
/// });
/// let lines = recent.lines(&RecentQuery::new().contains("b-2"));
/// assert_eq!(lines[0].message(), "order priced");
/// assert_eq!(recent.snapshot()[0].message(), "order shipped", "the newest is first");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RecentLines {
    shared: Arc<Shared>,
}

struct Shared {
    ring: Mutex<Ring>,
    left_out: AtomicU64,
}

impl RecentLines {
    /// The default number of lines.
    pub const LINES: usize = 10_000;

    /// The default number of bytes: 8 MiB.
    pub const BYTES: usize = 8 << 20;

    /// The smallest size in bytes: room for the longest line of a [`JsonLayer`](radiosonde_log::JsonLayer) with its default
    /// limit.
    pub const LEAST_BYTES: usize = 1 << 19;

    /// Keeps up to 10,000 lines in up to 8 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Self::LINES, Self::BYTES)
    }

    /// Keeps up to `lines` lines in up to `bytes` bytes. A line takes its JSON plus its target, service, message and ids.
    ///
    /// # Errors
    /// [`InvalidBounds`] for zero lines, or for bytes below [`LEAST_BYTES`](Self::LEAST_BYTES) or above `u32::MAX`.
    pub fn bounded(lines: usize, bytes: usize) -> Result<Self, InvalidBounds> {
        let is_allowed = lines > 0 && bytes >= Self::LEAST_BYTES && u32::try_from(bytes).is_ok();
        if is_allowed { Ok(Self::of(lines, bytes)) } else { Err(InvalidBounds { lines, bytes }) }
    }

    pub(crate) fn of(lines: usize, bytes: usize) -> Self {
        let ring = Mutex::new(Ring::new(lines, bytes));
        Self { shared: Arc::new(Shared { ring, left_out: AtomicU64::new(0) }) }
    }

    /// The lines that match a query, newest first.
    /// The lock is taken for 64 lines at a time, so lines may be added and removed in between. A line that is kept
    /// throughout is read exactly once.
    #[must_use]
    pub fn lines(&self, query: &RecentQuery) -> Vec<RecentLine> {
        let mut lines = Vec::new();
        if query.most() > 0 {
            self.visit(|line| {
                if query.takes(line) {
                    lines.push(RecentLine::of(line));
                }
                lines.len() < query.most()
            });
        }
        lines
    }

    /// All lines, newest first.
    #[must_use]
    pub fn snapshot(&self) -> Vec<RecentLine> {
        self.lines(&RecentQuery::new())
    }

    /// The number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there are no lines.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of lines that were longer than the whole buffer. That takes a
    /// [`max_line_bytes`](radiosonde_log::LogOptions::max_line_bytes) above its default.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        // Relaxed: a count, read alone.
        self.shared.left_out.load(Ordering::Relaxed)
    }

    /// Removes all lines.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Calls `each` with lines, newest first, until it returns `false`. `each` runs under the lock, so it must be quick and
    /// not foreign.
    pub(crate) fn visit(&self, mut each: impl FnMut(&Stored<'_>) -> bool) {
        let mut before = u64::MAX;
        loop {
            let ring = self.lock();
            let there = ring.numbers();
            let end = before.min(there.end);
            if end <= there.start {
                return;
            }
            before = there.start.max(end.saturating_sub(TURN as u64));
            for number in (before..end).rev() {
                if !ring.get(number).is_none_or(|line| each(&line)) {
                    return;
                }
            }
        }
    }

    /// Whether a line newer than `cutoff` may have been evicted.
    pub(crate) fn forgot_after(&self, cutoff: SystemTime) -> bool {
        let ring = self.lock();
        let oldest = ring.numbers().start;
        oldest > 0 && ring.get(oldest).is_none_or(|line| line.facts.timestamp > cutoff)
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.shared.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LineSink for RecentLines {
    fn accept(&self, line: &Line<'_>) {
        if !self.lock().push(line) {
            // Relaxed: a count, read alone.
            self.shared.left_out.fetch_add(1, Ordering::Relaxed);
            let message = format_args!("a line is longer than the whole buffer and was left out");
            diagnostics::report("log", "recent", message);
        }
    }
}

impl Default for RecentLines {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RecentLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentLines").field("lines", &self.len()).finish_non_exhaustive()
    }
}

/// Bounds too small for any line, or too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidBounds {
    lines: usize,
    bytes: usize,
}

impl fmt::Display for InvalidBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, bytes } = self;
        let (least, most) = (RecentLines::LEAST_BYTES, u32::MAX);
        write!(f, "invalid bounds of {lines} recent lines and {bytes} bytes: expected 1 line or more, ")?;
        write!(f, "and {least} to {most} bytes")
    }
}

impl std::error::Error for InvalidBounds {}
