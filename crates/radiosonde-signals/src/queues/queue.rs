use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use radiosonde_metrics::Registry;
use radiosonde_metrics::collect::CollectorGuard;

use crate::golden::GoldenSignals;
use crate::queues::capacity::{AddedCapacity, Capacity};
use crate::queues::depth::{QueueState, StateCollector};
use crate::queues::queue_metrics::QueueMetrics;
use crate::queues::queue_refusal::QueueRefusal;
use crate::queues::waiting::Waiting;

/// The golden signals of a queue.
///
/// A channel of tokio has them by `radiosonde_tokio::channel`; what processes the messages is a [`Worker`](crate::Worker).
///
/// # Metrics
/// - `queue_messages_total{queue,result}`: traffic, each message once, when it leaves the queue or does not get in. `received` is its good
///   end. All others are errors: `full` or `closed` if it was refused, `cancelled` if its sender gave up before there was a place for it,
///   `dropped` if it was lost in the queue.
/// - `queue_wait_seconds{queue}`: latency, from the attempt to send a message until it is received, with an exemplar.
/// - `dead_letters_total{queue}`: the messages that were given up after they were received. They are errors of the worker.
/// - `queue_depth{queue}` and `queue_capacity{queue}`: the messages that wait, and how many can. Saturation is the depth divided by the
///   capacity, which is unknown until it is [set](Self::set_capacity).
/// - `queue_lag_seconds{queue}`: the age of the oldest message that waits, computed at the scrape. Where messages leave in the order in which they
///   came, it is at most too large by the time between that message and the one before it. Without a series if it is not known.
///
/// `celery_queue_depth{queue}` and the like come with the namespace `celery`.
///
/// A queue that is built again with the same name in the same registry goes on with the same messages and capacity, and the clock of the first.
///
/// # Cost
/// Two atomic operations when a message gets in, five when it gets out; no lock and no allocation. Cloning copies a pointer.
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
    pub(crate) capacity: Arc<Capacity>,
    pub(crate) unlimited: GoldenSignals,
    pub(crate) limited: GoldenSignals,
    pub(crate) registry: Registry,
    /// The name of what watches it, in the registry.
    pub(crate) watch: String,
    pub(crate) watched: Mutex<Option<CollectorGuard>>,
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
        self.0.metrics.refused(why);
    }

    /// Counts a message that was received from a queue elsewhere, by how long it waited there.
    pub fn received(&self, wait: Duration) {
        self.0.metrics.received.inc();
        self.0.metrics.wait.observe_duration(wait);
    }

    /// Counts a message that was given up: after its last retry, or because it cannot be processed at all.
    pub fn dead_letter(&self) {
        self.0.metrics.dead_letters.inc();
    }

    /// Sets how many messages can wait.
    pub fn set_capacity(&self, messages: u64) {
        self.0.capacity.set(messages);
        self.signals().declare(&self.0.registry);
    }

    /// Adds the capacity of a part of the queue, such as one of several channels, until what is returned is dropped. While there are parts, the
    /// capacity is that of all of them together, in place of what was [set](Self::set_capacity).
    pub fn add_capacity(&self, messages: u64) -> AddedCapacity {
        let added = self.0.capacity.add(messages);
        self.signals().declare(&self.0.registry);
        added
    }

    /// Reads the state of a queue elsewhere at each scrape, in place of what was read before, for as long as this queue or a clone of it
    /// lives. `read` must not block.
    pub fn watch(&self, read: impl Fn() -> QueueState + Send + Sync + 'static) {
        let collector = StateCollector::new(&self.0.metrics.depth, read);
        let watched = self.0.registry.collect_as_while(&self.0.watch, collector);
        let former = self.0.watched.lock().unwrap_or_else(PoisonError::into_inner).replace(watched);
        drop(former);
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        if self.0.capacity.is_known() { &self.0.limited } else { &self.0.unlimited }
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("name", &self.name()).finish_non_exhaustive()
    }
}
