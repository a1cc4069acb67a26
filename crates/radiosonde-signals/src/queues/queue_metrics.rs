use std::sync::Arc;

use radiosonde_metrics::{Counter, Histogram, RegisterError};

use crate::objectives::latency_buckets::LatencyBuckets;
use crate::operations::set_options::SetOptions;
use crate::queues::depth::Depth;
use crate::queues::queue_refusal::QueueRefusal;
use crate::shared_state::shared_state;

/// What the messages of a queue count in.
pub(crate) struct QueueMetrics {
    pub(crate) depth: Arc<Depth>,
    pub(crate) wait: Histogram,
    pub(crate) received: Counter,
    pub(crate) dropped: Counter,
    pub(crate) cancelled: Counter,
    full: Counter,
    closed: Counter,
    pub(crate) dead_letters: Counter,
}

/// What the golden signals call the kind of work.
pub(crate) const KIND: &str = "queue";

/// The name of the counter of messages, whose label `result` has these values; all but the first are errors.
pub(crate) const MESSAGES: &str = "queue_messages_total";
pub(crate) const RESULTS: [&str; 5] = ["received", "dropped", "cancelled", "full", "closed"];

impl QueueMetrics {
    /// Declares all but the capacity.
    pub(crate) fn declare(name: &str, options: &SetOptions) -> Result<Self, RegisterError> {
        let registry = options.registry();
        let messages = options.name(MESSAGES);
        let messages = registry.counter(&messages, "Messages of a queue, by what became of them.");
        let messages = messages.possible_values(&[("result", &RESULTS)]).labels(&["queue", "result"])?;
        let [received, dropped, cancelled, full, closed] =
            RESULTS.map(|result| messages.handle(&[name, result]));
        let dead_letters = options.name("dead_letters_total");
        let dead_letters =
            registry.counter(&dead_letters, "Messages that were given up.").labels(&["queue"])?;

        let wait = options.name("queue_wait_seconds");
        let wait = LatencyBuckets::of(registry, KIND).declare(&wait, &options.buckets, |buckets| {
            let wait = registry.histogram(&wait, "Time that messages waited until they were received.");
            wait.unit("seconds").buckets(buckets).labels(&["queue"])
        })?;
        let depth = options.name("queue_depth");
        let depths =
            registry.int_gauge(&depth, "Number of messages that wait in a queue.").labels(&["queue"])?;
        let lag = options.name("queue_lag_seconds");
        let lag = registry.gauge(&lag, "Age of the oldest message that waits in a queue.");
        let lag = lag.unit("seconds").removable().labels(&["queue"])?;
        // Messages may wait since before.
        let depth = shared_state(registry, &format!("{depth}/{name}"), || {
            Depth::new(Arc::clone(&options.clock), name.into(), depths.handle(&[name]), lag)
        });
        Ok(Self {
            depth,
            wait: wait.handle(&[name]),
            received,
            dropped,
            cancelled,
            full,
            closed,
            dead_letters: dead_letters.handle(&[name]),
        })
    }

    pub(crate) fn refused(&self, why: QueueRefusal) {
        match why {
            QueueRefusal::Full => self.full.inc(),
            QueueRefusal::Closed => self.closed.inc(),
        }
    }
}
