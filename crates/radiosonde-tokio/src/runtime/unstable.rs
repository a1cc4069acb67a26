//! What tokio does not promise to keep.

use radiosonde_metrics::model::Number;

use crate::runtime::families::{RuntimeFamily, WorkerFamily};

pub(crate) const RUNTIME: &[RuntimeFamily] = &[
    ("tokio_spawned_tasks_total", "Number of tasks spawned.", |metrics| metrics.spawned_tasks_count()),
    ("tokio_remote_schedules_total", "Number of tasks scheduled from outside of the runtime.", |metrics| {
        metrics.remote_schedule_count()
    }),
    (
        "tokio_budget_forced_yields_total",
        "Number of times that a task had to yield because its budget was used up.",
        |metrics| metrics.budget_forced_yield_count(),
    ),
    ("tokio_blocking_threads", "Number of threads in the blocking pool.", |metrics| {
        metrics.num_blocking_threads() as u64
    }),
    ("tokio_idle_blocking_threads", "Number of idle threads in the blocking pool.", |metrics| {
        metrics.num_idle_blocking_threads() as u64
    }),
    (
        "tokio_blocking_queue_tasks",
        "Number of tasks that wait for a thread of the blocking pool.",
        |metrics| metrics.blocking_queue_depth() as u64,
    ),
];

pub(crate) const WORKER: &[WorkerFamily] = &[
    ("tokio_worker_polls_total", "Number of polls of tasks by a worker.", |metrics, worker| {
        Number::Unsigned(metrics.worker_poll_count(worker))
    }),
    (
        "tokio_worker_steals_total",
        "Number of tasks that a worker took from another's queue.",
        |metrics, worker| Number::Unsigned(metrics.worker_steal_count(worker)),
    ),
    (
        "tokio_worker_overflows_total",
        "Number of times that a worker's own queue was full.",
        |metrics, worker| Number::Unsigned(metrics.worker_overflow_count(worker)),
    ),
    (
        "tokio_worker_local_schedules_total",
        "Number of tasks that a worker put into its own queue.",
        |metrics, worker| Number::Unsigned(metrics.worker_local_schedule_count(worker)),
    ),
    ("tokio_worker_local_queue_tasks", "Number of tasks in a worker's own queue.", |metrics, worker| {
        Number::Unsigned(metrics.worker_local_queue_depth(worker) as u64)
    }),
    (
        "tokio_worker_mean_poll_seconds",
        "Moving average of the time that a worker takes to poll a task, in seconds.",
        |metrics, worker| Number::Float(metrics.worker_mean_poll_time(worker).as_secs_f64()),
    ),
];
