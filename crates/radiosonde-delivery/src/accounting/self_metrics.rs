use std::sync::{Mutex, PoisonError};

use radiosonde_metrics::{Counter, DynFamily, Gauge, IntGauge, RegisterError, Registry};

/// The self metrics of all sinks.
#[derive(Debug, Clone)]
pub(crate) struct SelfMetrics {
    produced: DynFamily<Counter>,
    delivered: DynFamily<Counter>,
    dropped: DynFamily<Counter>,
    requests: DynFamily<Counter>,
    retries: DynFamily<Counter>,
    queue_items: DynFamily<IntGauge>,
    queue_bytes: DynFamily<IntGauge>,
    last_success: DynFamily<Gauge>,
}

impl SelfMetrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, RegisterError> {
        let sink = &["sink"];
        let counter = |name, help| registry.counter(name, help).labels(sink);
        Ok(Self {
            produced: counter(
                "radiosonde_delivery_produced_total",
                "Items pushed to a sink, including refused ones.",
            )?,
            delivered: counter("radiosonde_delivery_delivered_total", "Items accepted by the backend.")?,
            dropped: registry
                .counter("radiosonde_delivery_dropped_total", "Items dropped, by reason.")
                .labels(&["sink", "reason"])?,
            requests: counter("radiosonde_delivery_requests_total", "Requests sent to the backend.")?,
            retries: counter("radiosonde_delivery_retries_total", "Retried requests.")?,
            queue_items: registry
                .int_gauge("radiosonde_delivery_queue_items", "Items queued or in flight.")
                .labels(sink)?,
            queue_bytes: registry
                .int_gauge("radiosonde_delivery_queue_bytes", "Bytes queued or in flight.")
                .labels(sink)?,
            last_success: registry
                .gauge(
                    "radiosonde_delivery_last_success_timestamp_seconds",
                    "Time of the last accepted batch, in seconds since 1970; 0 if there was none.",
                )
                .labels(sink)?,
        })
    }

    pub(crate) fn of(&self, sink: &'static str) -> SinkMetrics {
        let labels = &[sink];
        SinkMetrics {
            sink,
            produced: self.produced.handle(labels),
            delivered: self.delivered.handle(labels),
            dropped: self.dropped.clone(),
            dropped_by: Mutex::new(Vec::new()),
            requests: self.requests.handle(labels),
            retries: self.retries.handle(labels),
            queue_items: self.queue_items.handle(labels),
            queue_bytes: self.queue_bytes.handle(labels),
            last_success: self.last_success.handle(labels),
        }
    }
}

/// One sink's metrics.
#[derive(Debug)]
pub(crate) struct SinkMetrics {
    sink: &'static str,
    pub(crate) produced: Counter,
    pub(crate) delivered: Counter,
    dropped: DynFamily<Counter>,
    /// The counters of the reasons seen so far.
    dropped_by: Mutex<Vec<(&'static str, Counter)>>,
    pub(crate) requests: Counter,
    pub(crate) retries: Counter,
    pub(crate) queue_items: IntGauge,
    pub(crate) queue_bytes: IntGauge,
    pub(crate) last_success: Gauge,
}

impl SinkMetrics {
    pub(crate) fn drop_for(&self, reason: &'static str, items: u64) {
        let mut known = self.dropped_by.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, counter)) = known.iter().find(|(seen, _)| *seen == reason) {
            counter.inc_by(items);
            return;
        }
        let counter = self.dropped.handle(&[self.sink, reason]);
        counter.inc_by(items);
        known.push((reason, counter));
    }
}
