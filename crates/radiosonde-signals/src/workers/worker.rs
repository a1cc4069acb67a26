use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use radiosonde_metrics::{Counter, DynFamily};

use crate::golden::GoldenSignals;
use crate::operations::operation::Operation;
use crate::operations::operations::Operations;

/// The golden signals of a worker, which runs tasks: messages of a queue, jobs, steps of a pipeline.
///
/// # Metrics
/// - `tasks_total{worker,task,state}`: traffic, the finished tasks by their outcome.
/// - `task_duration_seconds{worker,task}`: latency, with an exemplar.
/// - `task_errors_total{worker,task,kind}`: errors, by a [kind](crate::ErrorKind) from a fixed set.
/// - `task_retries_total{worker,task}` and `task_creations_total{worker,task}`: what [`retried`](Self::retried) and
///   [`created`](Self::created) count.
/// - `workers_active{worker}` and `workers_max{worker}`: the tasks in progress, and how many there can be. Saturation is the one divided by
///   the other, which is unknown unless it is [set](crate::WorkerBuilder::max).
///
/// [`WorkerNames`](crate::WorkerNames) has other spellings, such as Celery's.
///
/// The span of a task is of kind consumer. Run in the context of the message's sender, as `radiosonde_trace::Traced` does it, it continues the sender's trace.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::Worker;
///
/// let registry = Registry::new();
/// let worker = Worker::builder("mail").max(4).registry(&registry).build()?;
/// let sent = worker.task("send_mail").run(|| "12".parse::<u32>());
/// assert_eq!(sent, Ok(12));
/// let text = registry.text();
/// assert!(text.contains("tasks_total{state=\"completed\",task=\"send_mail\",worker=\"mail\"} 1\n"));
/// assert!(text.contains("workers_max{worker=\"mail\"} 4\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct Worker(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) name: Cow<'static, str>,
    pub(crate) labels: &'static [&'static str],
    pub(crate) operations: Operations,
    pub(crate) retries: DynFamily<Counter>,
    pub(crate) created: DynFamily<Counter>,
    pub(crate) signals: GoldenSignals,
}

impl Worker {
    pub(crate) fn from_parts(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// A kind of task, such as `send_mail`, to be run or tracked. At most 200; all further ones are `_overflow`.
    ///
    /// # Cost
    /// A known kind is found without a lock and without an allocation.
    #[must_use]
    pub fn task(&self, task: &str) -> Operation {
        self.0.operations.get(&[task])
    }

    /// Counts a task that will be run again after it failed. It costs what [`task`](Self::task) does.
    pub fn retried(&self, task: &str) {
        self.count(&self.0.retries, task);
    }

    /// Counts a task that was created, to be run here or by a worker elsewhere.
    pub fn created(&self, task: &str) {
        self.count(&self.0.created, task);
    }

    fn count(&self, counter: &DynFamily<Counter>, task: &str) {
        // The operation's name is within the limit.
        let task = self.task(task);
        // The labels are the last of these two.
        let values = [self.name(), task.name()];
        counter.with(values.get(values.len() - self.0.labels.len()..).unwrap_or_default()).inc();
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        &self.0.signals
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("name", &self.name()).finish_non_exhaustive()
    }
}
