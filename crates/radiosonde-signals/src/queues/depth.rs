use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use radiosonde_core::SharedClock;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::{Gauge, IntGauge};

/// The messages of a queue at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueState {
    /// The number of messages that wait.
    pub depth: u64,
    /// The age of the oldest of them, or how far the consumer is behind, if that is known.
    pub lag: Option<Duration>,
}

pub(crate) type ReadState = Arc<dyn Fn() -> QueueState + Send + Sync>;

/// How many messages wait in a queue, and since when.
pub(crate) struct Depth {
    pub(crate) clock: SharedClock,
    depth: IntGauge,
    lag: Gauge,
    /// In nanoseconds of the clock. No message that waits is older.
    oldest: AtomicU64,
    read: Mutex<Option<ReadState>>,
}

impl Depth {
    pub(crate) fn new(clock: SharedClock, depth: IntGauge, lag: Gauge) -> Self {
        Self { clock, depth, lag, oldest: AtomicU64::new(0), read: Mutex::new(None) }
    }

    /// A message gets in, which waits since then.
    pub(crate) fn enter(&self, since: Duration) {
        // Before the depth: a scrape between the two must not find a message as old as the last one of before.
        if self.depth.value() == 0 {
            self.later(since);
        }
        self.depth.inc();
    }

    /// A message that waited since then gets out. In a queue that keeps the order, those behind it are no older.
    pub(crate) fn leave(&self, since: Duration) {
        self.later(since);
        self.depth.dec();
    }

    fn later(&self, since: Duration) {
        // Relaxed: no memory depends on it.
        self.oldest.fetch_max(nanoseconds(since), Ordering::Relaxed);
    }

    fn lag(&self) -> Duration {
        if self.depth.value() <= 0 {
            return Duration::ZERO;
        }
        // Relaxed: as above.
        let oldest = Duration::from_nanos(self.oldest.load(Ordering::Relaxed));
        self.clock.monotonic().saturating_sub(oldest)
    }

    pub(crate) fn read_by(&self, read: ReadState) {
        let former = self.read.lock().unwrap_or_else(PoisonError::into_inner).replace(read);
        // After the lock: what it reads may take long to drop.
        drop(former);
    }

    fn update(&self) {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let lag = match read.map(|read| read()) {
            Some(QueueState { depth, lag }) => {
                self.depth.set(i64::try_from(depth).unwrap_or(i64::MAX));
                lag
            }
            None => Some(self.lag()),
        };
        if let Some(lag) = lag {
            self.lag.set(lag.as_secs_f64());
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Reads the state of a queue at a scrape.
pub(crate) struct DepthCollector(pub(crate) Arc<Depth>);

impl Collector for DepthCollector {
    fn collect(&self, _: &mut Collection) {
        self.0.update();
    }
}
