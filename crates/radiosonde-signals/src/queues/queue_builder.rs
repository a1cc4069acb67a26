use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, RegisterError};

use crate::golden::{GoldenSignals, Limit, Series};
use crate::operations::set_options::{SetOptions, set_options};
use crate::queues::capacity::Capacity;
use crate::queues::depth::LagCollector;
use crate::queues::queue::{Parts, Queue};
use crate::queues::queue_metrics::{KIND, MESSAGES, QueueMetrics, RESULTS};
use crate::shared_state::shared_state;

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
        let gauge = options.name("queue_capacity");
        let capacities = registry.int_gauge(&gauge, "Largest number of messages that can wait in a queue.");
        let capacities = capacities.labels(&["queue"])?;
        let known =
            shared_state(registry, &format!("{gauge}/{name}"), || Capacity::new(name.clone(), capacities));

        let messages = series(MESSAGES, Kind::Counter);
        let depth = series("queue_depth", Kind::Gauge);
        let golden = GoldenSignals::new(KIND, &*name)
            .with_latency(series("queue_wait_seconds", Kind::Histogram))
            .with_traffic(messages.clone())
            .with_errors(messages.with_any("result", RESULTS.into_iter().skip(1)));
        let limit = Limit::Metric(series("queue_capacity", Kind::Gauge));

        let collector = format!("{}/{name}", options.name("queue"));
        registry.collect_as(&collector, LagCollector(Arc::clone(&metrics.depth)));
        let queue = Queue(Arc::new(Parts {
            name,
            metrics: Arc::new(metrics),
            capacity: known,
            unlimited: golden.clone().with_saturation(depth.clone(), Limit::Unknown),
            limited: golden.with_saturation(depth, limit),
            registry: registry.clone(),
            watch: format!("{collector}/watched"),
            watched: Mutex::default(),
        }));
        queue.signals().declare(registry);
        if let Some(capacity) = capacity {
            queue.set_capacity(capacity);
        }
        Ok(queue)
    }
}
