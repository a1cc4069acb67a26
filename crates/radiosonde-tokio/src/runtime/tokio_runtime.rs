use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{Kind, LabelSet, Number};
use tokio::runtime::{Handle, RuntimeMetrics};

use crate::runtime::{families, unstable};

/// Workers, tasks and queues of a tokio runtime: a [`Collector`] for [`Registry::collect_from`](radiosonde_metrics::Registry::collect_from).
///
/// `tokio_workers`, `tokio_active_workers`, `tokio_alive_tasks`, `tokio_global_queue_tasks`, and by `worker`
/// `tokio_worker_busy_seconds_total` and `tokio_worker_parks_total`. A current-thread runtime that nothing drives counts as active. The
/// runtime is saturated where `sum(rate(tokio_worker_busy_seconds_total[5m])) / tokio_workers` comes near 1, and late where the queue
/// does not become empty.
///
/// Built with `--cfg tokio_unstable`, also what tokio does not promise to keep: `tokio_spawned_tasks_total`,
/// `tokio_remote_schedules_total`, `tokio_budget_forced_yields_total`, `tokio_blocking_threads`, `tokio_idle_blocking_threads`,
/// `tokio_blocking_queue_tasks`, and by `worker` `tokio_worker_polls_total`, `tokio_worker_steals_total`,
/// `tokio_worker_overflows_total`, `tokio_worker_local_schedules_total`, `tokio_worker_local_queue_tasks` and
/// `tokio_worker_mean_poll_seconds`.
///
/// # Cost
/// A few loads for each worker at a scrape. A runtime that has ended keeps its last values.
///
/// # Source
/// [`tokio::runtime::RuntimeMetrics`]
///
/// ```
/// use radiosonde_tokio::TokioRuntime;
/// use radiosonde_metrics::Registry;
///
/// let registry = Registry::new();
/// let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// registry.collect_from(TokioRuntime::new(runtime.handle()));
/// assert!(registry.text().contains("tokio_workers 1\n"));
/// assert!(registry.text().contains("tokio_worker_busy_seconds_total{worker=\"0\"} 0\n"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct TokioRuntime {
    metrics: RuntimeMetrics,
    name: Option<String>,
}

impl TokioRuntime {
    /// Collects from the runtime of this handle, such as `Handle::current()`.
    #[must_use]
    pub fn new(runtime: &Handle) -> Self {
        Self { metrics: runtime.metrics(), name: None }
    }

    /// Adds the label `runtime` to all series. Of several runtimes in a process, each needs a name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    fn labels(&self, worker: Option<&str>) -> LabelSet {
        let labels = [("runtime", self.name.as_deref()), ("worker", worker)];
        LabelSet::new(labels.into_iter().filter_map(|(name, value)| Some((name, value?))))
    }
}

impl Collector for TokioRuntime {
    fn collect(&self, out: &mut Collection) {
        for (name, help, read) in [families::RUNTIME, unstable::RUNTIME].concat() {
            out.family(name, help, kind_of(name))
                .number(self.labels(None), Number::Unsigned(read(&self.metrics)));
        }
        for (name, help, read) in [families::WORKER, unstable::WORKER].concat() {
            let family = out.family(name, help, kind_of(name));
            for worker in 0..self.metrics.num_workers() {
                family.number(self.labels(Some(&worker.to_string())), read(&self.metrics, worker));
            }
        }
    }
}

fn kind_of(name: &str) -> Kind {
    if name.ends_with("_total") { Kind::Counter } else { Kind::Gauge }
}

#[cfg(test)]
mod tests {
    use super::*;
    use radiosonde_metrics::Registry;

    #[test]
    fn a_runtime_shows_its_tasks_and_how_busy_it_was() {
        let registry = Registry::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        registry.collect_from(TokioRuntime::new(runtime.handle()));
        let value = |name: &str| registry.snapshot().value(name, &[]).unwrap();
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let task = runtime.spawn(async { drop(ended.await) });
        assert_eq!((value("tokio_alive_tasks"), value("tokio_global_queue_tasks")), (1.0, 1.0));
        let parks = value("tokio_worker_parks_total");
        end.send(()).unwrap();
        runtime.block_on(task).unwrap();
        assert_eq!((value("tokio_alive_tasks"), value("tokio_global_queue_tasks")), (0.0, 0.0));
        assert!(value("tokio_worker_parks_total") >= parks);
        assert!(value("tokio_worker_busy_seconds_total") > 0.0);
    }

    #[test]
    fn a_worker_that_waits_is_not_active() {
        use radiosonde_core::{Clock as _, SystemClock};

        let registry = Registry::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        registry.collect_from(TokioRuntime::new(runtime.handle()));
        let active = || registry.snapshot().value("tokio_active_workers", &[]);
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                runtime.block_on(async {
                    assert_eq!(active(), Some(1.0));
                    drop(ended.await);
                });
            });
            let deadline = SystemClock.monotonic() + std::time::Duration::from_secs(10);
            while active() != Some(0.0) && SystemClock.monotonic() < deadline {
                std::thread::yield_now();
            }
            assert_eq!(active(), Some(0.0));
            drop(end);
        });
    }

    #[test]
    fn several_runtimes_are_told_apart_by_their_names() {
        let registry = Registry::new();
        let runtimes = ["io", "cpu"].map(|name| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            registry.collect_from(TokioRuntime::new(runtime.handle()).named(name));
            runtime
        });
        let snapshot = registry.snapshot();
        for name in ["io", "cpu"] {
            assert_eq!(snapshot.value("tokio_workers", &[("runtime", name)]), Some(1.0));
            assert!(
                snapshot.series("tokio_worker_parks_total", &[("runtime", name), ("worker", "0")]).is_some()
            );
        }
        assert_eq!(snapshot.sum("radiosonde_metrics_collector_errors_total", &[]), 0.0);
        drop(runtimes);
    }
}
