use std::borrow::Cow;
use std::sync::Arc;

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, RegisterError};

use crate::golden::{GoldenSignals, Series};
use crate::operations::set_options::{SetOptions, set_options};
use crate::queues::capacity::Capacity;
use crate::queues::depth::DepthCollector;
use crate::queues::queue::{Parts, Queue};
use crate::queues::queue_metrics::QueueMetrics;

/// Builder of a [`Queue`].
#[must_use = "a builder declares nothing until `build`"]
#[derive(Debug)]
pub struct QueueBuilder {
    name: Cow<'static, str>,
    capacity: Option<u64>,
    options: SetOptions,
}

set_options!(QueueBuilder, buckets);

/// Waits: up to minutes.
const WAIT_SECONDS: Buckets =
    Buckets::from_static(&[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0]);

impl Queue {
    /// Declares a queue, by its name. Default buckets: from a millisecond to ten minutes.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> QueueBuilder {
        QueueBuilder { name: name.into(), capacity: None, options: SetOptions::new(WAIT_SECONDS) }
    }
}

impl QueueBuilder {
    /// How many messages can wait, for the saturation. Default: unknown until it is [set](Queue::set_capacity).
    pub fn capacity(mut self, messages: u64) -> Self {
        self.capacity = Some(messages);
        self
    }

    /// Declares the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<Queue, RegisterError> {
        let Self { name, capacity, options } = self;
        let registry = options.registry();
        let series =
            |metric: &str, kind| Series::of(registry, &options.name(metric), kind).with("queue", &*name);

        let metrics = QueueMetrics::declare(&name, &options)?;
        let capacities = options.name("queue_capacity");
        let capacities =
            registry.int_gauge(&capacities, "Largest number of messages that can wait in a queue.");
        let capacities = capacities.labels(&["queue"])?;

        let golden = GoldenSignals::new("queue", &*name)
            .with_latency(series("queue_wait_seconds", Kind::Histogram))
            .with_traffic(series("queue_enqueued_total", Kind::Counter))
            .with_errors(series("queue_errors_total", Kind::Counter));
        let share = ["queue_depth", "queue_capacity"].map(|metric| series(metric, Kind::Gauge));
        let of = name.clone();
        let limit = Capacity::declare(registry, &golden, share, move || capacities.handle(&[&of]));

        let collector = DepthCollector(Arc::clone(&metrics.depth));
        registry.collect_as(&format!("{}/{name}", options.name("queue")), collector);
        let queue = Queue(Arc::new(Parts { name, metrics: Arc::new(metrics), capacity: limit }));
        if let Some(capacity) = capacity {
            queue.set_capacity(capacity);
        }
        Ok(queue)
    }
}
