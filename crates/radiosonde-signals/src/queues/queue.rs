use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_metrics::Counter;

use crate::golden::GoldenSignals;
use crate::queues::capacity::Capacity;
use crate::queues::depth::QueueState;
use crate::queues::queue_metrics::QueueMetrics;
use crate::queues::queue_refusal::QueueRefusal;
use crate::queues::waiting::Waiting;

/// The golden signals of a queue.
///
/// A channel of tokio has them by `radiosonde_tokio::channel`; what processes the messages is a [`Worker`](crate::Worker).
///
/// # Metrics
/// - `queue_enqueued_total{queue}`: traffic, the messages that got in.
/// - `queue_wait_seconds{queue}`: latency, from the attempt to send a message until it is received, with an exemplar.
/// - `queue_errors_total{queue,kind}`: errors, the messages that were not received. Their kind is `full` or `closed` if they did not get in,
///   `dropped` if they were lost in the queue, and `dead_letter` if they were given up.
/// - `dead_letters_total{queue}`: the messages that were given up.
/// - `queue_depth{queue}` and `queue_capacity{queue}`: the messages that wait, and how many can. Saturation is the depth divided by the
///   capacity, which is unknown until it is [set](Self::set_capacity).
/// - `queue_lag_seconds{queue}`: the age of the oldest message that waits, computed at the scrape. Where messages leave in the order in which they
///   came, it is at most too large by the time between that message and the one before it.
///
/// `celery_queue_depth{queue}` and the like come with the namespace `celery`.
///
/// # Cost
/// Three atomic operations when a message gets in, four when it gets out; no lock and no allocation. Cloning copies a pointer.
///
/// ```
/// use std::collections::VecDeque;
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::Queue;
///
/// let registry = Registry::new();
/// let queue = Queue::builder("mail").capacity(10).registry(&registry).build()?;
/// let mut mails = VecDeque::new();
/// for mail in ["welcome", "invoice"] {
///     mails.push_back((mail, queue.enqueue()));
/// }
/// if let Some((mail, waiting)) = mails.pop_front() {
///     waiting.received();
///     assert_eq!(mail, "welcome");
/// }
/// let text = registry.text();
/// assert!(text.contains("queue_depth{queue=\"mail\"} 1\n"));
/// assert!(text.contains("queue_wait_seconds_count{queue=\"mail\"} 1\n"));
/// assert_eq!(queue.signals().saturation().unwrap().share(&registry.snapshot()), Some(0.1));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct Queue(pub(crate) Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) name: Cow<'static, str>,
    pub(crate) metrics: Arc<QueueMetrics>,
    pub(crate) capacity: Capacity,
}

impl Queue {
    /// A message gets into the queue. Keep what is returned with the message.
    pub fn enqueue(&self) -> Waiting {
        let mut waiting = self.arrive();
        waiting.enter();
        waiting
    }

    /// A message begins to wait for a place in the queue, which it gets by [`Waiting::enter`].
    pub fn arrive(&self) -> Waiting {
        Waiting::outside(&self.0.metrics)
    }

    /// Counts a message that did not get into the queue.
    pub fn refused(&self, why: QueueRefusal) {
        let QueueMetrics { full, closed, .. } = &*self.0.metrics;
        match why {
            QueueRefusal::Full => full.inc(),
            QueueRefusal::Closed => closed.inc(),
        }
    }

    /// Counts a message that was received from a queue elsewhere, by how long it waited there.
    pub fn received(&self, wait: Duration) {
        self.0.metrics.wait.observe_duration(wait);
    }

    /// Counts a message that was given up: after its last retry, or because it cannot be processed at all.
    pub fn dead_letter(&self) {
        self.0.metrics.dead_letters.iter().for_each(Counter::inc);
    }

    /// Sets how many messages can wait.
    pub fn set_capacity(&self, messages: u64) {
        self.0.capacity.set(messages);
    }

    /// Reads the state of a queue elsewhere at each scrape, in place of what was read before, for as long as the registry lives. `read` must not block.
    pub fn watch(&self, read: impl Fn() -> QueueState + Send + Sync + 'static) {
        self.0.metrics.depth.read_by(Arc::new(read));
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        self.0.capacity.signals()
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("name", &self.name()).finish_non_exhaustive()
    }
}
