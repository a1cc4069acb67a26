use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use radiosonde_core::SharedClock;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::removable::RemovableDynFamily;
use radiosonde_metrics::{Gauge, IntGauge};

/// The messages of a queue at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueState {
    /// The number of messages that wait.
    pub depth: u64,
    /// The age of the oldest of them, or how far the consumer is behind; `None` if it is not known.
    pub lag: Option<Duration>,
}

/// How many messages wait in a queue, and since when.
pub(crate) struct Depth {
    pub(crate) clock: SharedClock,
    queue: Box<str>,
    depth: IntGauge,
    lag: RemovableDynFamily<Gauge>,
    /// In nanoseconds of the clock. No message that waits is older.
    oldest: AtomicU64,
    /// How many read the state elsewhere.
    watchers: AtomicUsize,
}

impl Depth {
    pub(crate) fn new(
        clock: SharedClock,
        queue: Box<str>,
        depth: IntGauge,
        lag: RemovableDynFamily<Gauge>,
    ) -> Self {
        let (oldest, watchers) = (AtomicU64::new(0), AtomicUsize::new(0));
        Self { clock, queue, depth, lag, oldest, watchers }
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

    fn show_lag(&self, lag: Option<Duration>) {
        match lag {
            Some(lag) => self.lag.with(&[&self.queue]).set(lag.as_secs_f64()),
            None => {
                self.lag.remove(&[&self.queue]);
            }
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Shows the lag of a queue at a scrape, unless its state is read elsewhere.
pub(crate) struct LagCollector(pub(crate) Arc<Depth>);

impl Collector for LagCollector {
    fn collect(&self, _: &mut Collection) {
        // Relaxed: no memory depends on it.
        if self.0.watchers.load(Ordering::Relaxed) == 0 {
            self.0.show_lag(Some(self.0.lag()));
        }
    }
}

/// Reads the state of a queue elsewhere at a scrape.
pub(crate) struct StateCollector<F> {
    depth: Arc<Depth>,
    read: F,
}

impl<F: Fn() -> QueueState> StateCollector<F> {
    pub(crate) fn new(depth: &Arc<Depth>, read: F) -> Self {
        // Relaxed: no memory depends on it.
        depth.watchers.fetch_add(1, Ordering::Relaxed);
        Self { depth: Arc::clone(depth), read }
    }
}

impl<F: Fn() -> QueueState + Send + Sync + 'static> Collector for StateCollector<F> {
    fn collect(&self, _: &mut Collection) {
        let QueueState { depth, lag } = (self.read)();
        self.depth.depth.set(i64::try_from(depth).unwrap_or(i64::MAX));
        self.depth.show_lag(lag);
    }
}

impl<F> Drop for StateCollector<F> {
    fn drop(&mut self) {
        // Relaxed: as above.
        if self.depth.watchers.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.depth.depth.set(0);
        }
    }
}
