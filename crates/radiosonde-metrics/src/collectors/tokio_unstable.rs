//! What tokio does not promise to keep.

use tokio::runtime::RuntimeMetrics;

use crate::collectors::tokio_runtime::TokioRuntime;
use crate::{Collection, Kind, Number};

pub(crate) fn collect(runtime: &TokioRuntime, metrics: &RuntimeMetrics, out: &mut Collection) {
    let counters = [
        ("tokio_spawned_tasks_total", "Tasks spawned.", metrics.spawned_tasks_count()),
        (
            "tokio_remote_schedules_total",
            "Tasks made ready from outside of the runtime.",
            metrics.remote_schedule_count(),
        ),
        (
            "tokio_budget_forced_yields_total",
            "Tasks that were made to wait because they had run for long enough.",
            metrics.budget_forced_yield_count(),
        ),
    ];
    for (name, help, value) in counters {
        runtime.whole(out, name, help, Kind::Counter, value);
    }
    let gauges = [
        ("tokio_blocking_threads", "Threads for blocking tasks.", metrics.num_blocking_threads()),
        (
            "tokio_idle_blocking_threads",
            "Threads for blocking tasks that have none.",
            metrics.num_idle_blocking_threads(),
        ),
        (
            "tokio_blocking_queue_tasks",
            "Blocking tasks that wait for a thread.",
            metrics.blocking_queue_depth(),
        ),
    ];
    for (name, help, value) in gauges {
        runtime.whole(out, name, help, Kind::Gauge, value as u64);
    }
    collect_workers(runtime, metrics, out);
}

fn collect_workers(runtime: &TokioRuntime, metrics: &RuntimeMetrics, out: &mut Collection) {
    let family = out.family("tokio_worker_polls_total", "Tasks polled by a worker.", Kind::Counter);
    runtime.each_worker(family, |worker| Number::Unsigned(metrics.worker_poll_count(worker)));
    let help = "Tasks that a worker took from another's queue.";
    let family = out.family("tokio_worker_steals_total", help, Kind::Counter);
    runtime.each_worker(family, |worker| Number::Unsigned(metrics.worker_steal_count(worker)));
    let help = "How often a worker's own queue was full.";
    let family = out.family("tokio_worker_overflows_total", help, Kind::Counter);
    runtime.each_worker(family, |worker| Number::Unsigned(metrics.worker_overflow_count(worker)));
    let help = "Tasks that a worker put into its own queue.";
    let family = out.family("tokio_worker_local_schedules_total", help, Kind::Counter);
    runtime.each_worker(family, |worker| Number::Unsigned(metrics.worker_local_schedule_count(worker)));
    let help = "Tasks in a worker's own queue.";
    let family = out.family("tokio_worker_local_queue_tasks", help, Kind::Gauge);
    runtime.each_worker(family, |worker| Number::Unsigned(metrics.worker_local_queue_depth(worker) as u64));
    let help = "How long a worker polls a task, in seconds; tokio's moving average.";
    let family = out.family("tokio_worker_mean_poll_seconds", help, Kind::Gauge);
    runtime.each_worker(family, |worker| Number::Float(metrics.worker_mean_poll_time(worker).as_secs_f64()));
}
