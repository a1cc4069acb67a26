//! What tokio promises to keep.

use radiosonde_metrics::model::Number;
use tokio::runtime::RuntimeMetrics;

/// A family with one series: its name, help and kind, and how it is read.
pub(crate) type RuntimeFamily = (&'static str, &'static str, fn(&RuntimeMetrics) -> u64);
/// A family with a series for each worker.
pub(crate) type WorkerFamily = (&'static str, &'static str, fn(&RuntimeMetrics, usize) -> Number);

pub(crate) const RUNTIME: &[RuntimeFamily] = &[
    ("tokio_workers", "Number of worker threads.", |metrics| metrics.num_workers() as u64),
    ("tokio_active_workers", "Number of worker threads that are not parked.", active_workers),
    ("tokio_alive_tasks", "Number of tasks that were spawned and have not ended.", |metrics| {
        metrics.num_alive_tasks() as u64
    }),
    ("tokio_global_queue_tasks", "Number of tasks in the queue that all workers share.", |metrics| {
        metrics.global_queue_depth() as u64
    }),
];

pub(crate) const WORKER: &[WorkerFamily] = &[
    (
        "tokio_worker_busy_seconds_total",
        "Time that a worker has spent running tasks, in seconds.",
        |metrics, worker| Number::Float(metrics.worker_total_busy_duration(worker).as_secs_f64()),
    ),
    (
        "tokio_worker_parks_total",
        "Number of times that a worker has parked to wait for tasks.",
        |metrics, worker| Number::Unsigned(metrics.worker_park_count(worker)),
    ),
];

fn active_workers(metrics: &RuntimeMetrics) -> u64 {
    // Even: it runs; odd: it is parked.
    let is_active = |worker: &usize| metrics.worker_park_unpark_count(*worker).is_multiple_of(2);
    (0..metrics.num_workers()).filter(is_active).count() as u64
}
