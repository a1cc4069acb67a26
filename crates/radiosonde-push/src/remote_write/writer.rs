use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use radiosonde_core::{SharedClock, diagnostics};
use radiosonde_delivery::{Queue, SinkReport};
use radiosonde_metrics::Registry;

use crate::push::Pusher;
use crate::remote_write::reentrant_lock::ReentrantLock;
use crate::remote_write::series::{Encoder, UnstampedSeries};

/// How long a push waits for that of another thread.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Writes a registry to Prometheus, or to anything that takes its remote write 1.0.
///
/// # Shape
/// Each series is one item of the queue, with the values that it had when it was pushed, all of a push with the same time; times rise from
/// one push to the next. Histograms are classic: their buckets, sum and count. Exemplars go along.
///
/// Cheap to clone; all clones are the same sink.
#[derive(Clone)]
pub struct RemoteWrite {
    pub(super) queue: Queue<Bytes>,
    pub(super) registry: Registry,
    pub(super) labels: Arc<[(String, String)]>,
    pub(super) clock: SharedClock,
    /// Of two pushes at once, one is wholly before the other, so that no series goes back.
    pub(super) gathering: Arc<ReentrantLock>,
    /// When the last push was, in milliseconds.
    pub(super) last: Arc<Mutex<i64>>,
    pub(super) stale_at_end: bool,
}

impl RemoteWrite {
    /// Queues every series as it is now. What the queue does not take is counted.
    ///
    /// A collector of the registry may call it: such a push has all series but those of collectors. While another thread gathers for a push,
    /// this waits, for ten seconds at most; `false` if the other takes longer, and nothing is queued.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody looks or not")]
    pub fn write(&self) -> bool {
        self.encode(false)
    }

    /// Queues a mark for every series that it has ended, so that queries do not show its last value for five minutes more.
    ///
    /// Waits, and fails to, like [`write`](Self::write).
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody looks or not")]
    pub fn write_stale(&self) -> bool {
        self.encode(true)
    }

    /// What became of every series of every push so far.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.queue.report()
    }

    fn encode(&self, stale: bool) -> bool {
        let Some(_gathering) = self.gathering.lock(LOCK_TIMEOUT) else {
            let message = format_args!("a push is left out: a collector keeps another one waiting");
            diagnostics::report("remote_write", "push", message);
            return false;
        };
        let since = self.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let mut all = Vec::new();
        let mut encoder = Encoder::new(&self.labels, now, stale, |series: UnstampedSeries| all.push(series));
        self.registry.visit(&mut encoder);
        // Not before collectors have been asked: one of them may have pushed meanwhile.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let time = now.max(last.saturating_add(1));
        *last = time;
        drop(last);
        for series in all {
            let series = series.at(time);
            let size = series.len() + size_of::<Bytes>();
            // A refusal has been counted by the queue.
            let _ = self.queue.push(series, size);
        }
        true
    }
}

impl Pusher for RemoteWrite {
    fn push(&self) {
        self.write();
    }

    fn push_last(&self) {
        self.write();
        if self.stale_at_end {
            self.write_stale();
        }
    }

    fn report(&self) -> SinkReport {
        self.report()
    }
}

impl fmt::Debug for RemoteWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteWrite").field("report", &self.report()).finish_non_exhaustive()
    }
}
