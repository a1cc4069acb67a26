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

/// How long a push waits for one of another thread.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Pushes a registry to Prometheus, or to any other receiver of remote write 1.0.
///
/// # Shape
/// Each series of a push is one item of the queue. All of a push have the same time, which increases from push to push.
/// Histograms are sent as classic ones, with buckets, sum and count. Exemplars are included.
///
/// Cheap to clone; all clones are the same sink.
#[derive(Clone)]
pub struct RemoteWrite {
    pub(super) queue: Queue<Bytes>,
    pub(super) registry: Registry,
    pub(super) labels: Arc<[(String, String)]>,
    pub(super) clock: SharedClock,
    /// Serialises pushes, so that no series goes back in time.
    pub(super) gathering: Arc<ReentrantLock>,
    /// The time of the last push in milliseconds.
    pub(super) last: Arc<Mutex<i64>>,
    pub(super) stale_at_end: bool,
}

impl RemoteWrite {
    /// Queues the current values of every series. Refused series are counted.
    ///
    /// A collector of the registry may call it; such a push has no series of collectors. Waits up to ten seconds for a push of
    /// another thread; false if that takes longer and nothing was queued.
    #[allow(clippy::must_use_candidate, reason = "it acts even if the result is unused")]
    pub fn write(&self) -> bool {
        self.encode(false)
    }

    /// Queues a stale marker for every series, so that queries do not return its last value for five more minutes.
    ///
    /// Waits and fails like [`write`](Self::write).
    #[allow(clippy::must_use_candidate, reason = "it acts even if the result is unused")]
    pub fn write_stale(&self) -> bool {
        self.encode(true)
    }

    /// The counts of series so far, over all pushes.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.queue.report()
    }

    fn encode(&self, stale: bool) -> bool {
        let Some(_gathering) = self.gathering.lock(LOCK_TIMEOUT) else {
            let message = format_args!("a push is skipped: another one is still waiting for a collector");
            diagnostics::report("remote_write", "push", message);
            return false;
        };
        let since = self.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let mut all = Vec::new();
        let mut encoder = Encoder::new(&self.labels, now, stale, |series: UnstampedSeries| all.push(series));
        self.registry.visit(&mut encoder);
        // Only after collectors have run: one of them may have pushed meanwhile.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let time = now.max(last.saturating_add(1));
        *last = time;
        drop(last);
        for series in all {
            let series = series.at(time);
            let size = series.len() + size_of::<Bytes>();
            // The queue has counted a refusal.
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
