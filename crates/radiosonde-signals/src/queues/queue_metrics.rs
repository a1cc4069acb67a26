use std::sync::Arc;

use radiosonde_metrics::{Counter, Histogram, RegisterError};

use crate::operations::set_options::SetOptions;
use crate::queues::depth::Depth;

/// What the messages of a queue count in.
pub(crate) struct QueueMetrics {
    pub(crate) depth: Arc<Depth>,
    pub(crate) enqueued: Counter,
    pub(crate) wait: Histogram,
    pub(crate) full: Counter,
    pub(crate) closed: Counter,
    pub(crate) dropped: Counter,
    /// As an error and by itself.
    pub(crate) dead_letters: [Counter; 2],
}

/// The values of the label `kind`.
const KINDS: [&str; 4] = ["full", "closed", "dropped", "dead_letter"];

impl QueueMetrics {
    /// Declares all but the capacity.
    pub(crate) fn declare(name: &str, options: &SetOptions) -> Result<Self, RegisterError> {
        let registry = options.registry();
        let counter = |metric: &str, help| {
            let family = registry.counter(&options.name(metric), help).labels(&["queue"]);
            family.map(|family| family.handle(&[name]))
        };
        let enqueued = counter("queue_enqueued_total", "Messages put into a queue.")?;
        let dead_letters = counter("dead_letters_total", "Messages that were given up.")?;
        let errors = options.name("queue_errors_total");
        let errors = registry.counter(&errors, "Messages that were not received, or given up, by kind.");
        let errors = errors.possible_values(&[("kind", &KINDS)]).labels(&["queue", "kind"])?;
        let [full, closed, dropped, given_up] = KINDS.map(|kind| errors.handle(&[name, kind]));

        let wait = options.name("queue_wait_seconds");
        let wait = registry.histogram(&wait, "Time that messages waited until they were received.");
        let wait = wait.unit("seconds").buckets(options.buckets.clone()).labels(&["queue"])?;
        let depth = options.name("queue_depth");
        let depth =
            registry.int_gauge(&depth, "Number of messages that wait in a queue.").labels(&["queue"])?;
        let lag = options.name("queue_lag_seconds");
        let lag = registry.gauge(&lag, "Age of the oldest message that waits in a queue.");
        let lag = lag.unit("seconds").labels(&["queue"])?;
        let depth = Depth::new(Arc::clone(&options.clock), depth.handle(&[name]), lag.handle(&[name]));
        Ok(Self {
            depth: Arc::new(depth),
            enqueued,
            wait: wait.handle(&[name]),
            full,
            closed,
            dropped,
            dead_letters: [given_up, dead_letters],
        })
    }
}
