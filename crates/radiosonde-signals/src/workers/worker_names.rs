use std::borrow::Cow;

use crate::operations::outcome_label::OutcomeLabel;

/// The names of a [`Worker`](crate::Worker)'s metrics.
///
/// # Shape
/// | | [`classic`](Self::classic) (default) | [`celery`](Self::celery) |
/// |---|---|---|
/// | tasks | `tasks_total{worker,task,state}` | `celery_tasks_total{task,state}` |
/// | states | `completed`, `failed`, `aborted`, `panicked`, `timed_out`, `shed` | `SUCCESS`, `FAILURE`, `REVOKED`, `REJECTED` |
/// | duration | `task_duration_seconds{worker,task}` | `celery_task_duration_seconds{task}` |
/// | errors | `task_errors_total{worker,task,kind}` | `celery_task_errors_total{task,kind}` |
/// | retries | `task_retries_total{worker,task}` | `celery_task_retries_total{task}` |
/// | created | `task_creations_total{worker,task}` | `celery_task_creations_total{task}` |
/// | active | `workers_active{worker}` | `celery_workers_active` |
/// | limit | `workers_max{worker}` | `celery_workers_max` |
///
/// | | [`by_outcome`](Self::by_outcome) | [`subsystem`](Self::subsystem) |
/// |---|---|---|
/// | tasks | `tasks_completed_total`, `tasks_failed_total` | `<name>_tasks_total{status}`, `success` or `error` |
/// | duration | `task_processing_seconds` | `<name>_task_duration`, in seconds |
/// | errors | `task_errors_total{kind}` | `<name>_task_errors_total{kind}` |
/// | retries | `task_retries_total` | `<name>_task_retries_total` |
/// | created | `tasks_created_total` | `<name>_task_creations_total` |
/// | active | `workers_active` | `<name>_active_tasks` |
/// | limit | `workers_max` | `<name>_max_tasks` |
///
/// Whatever did not complete has the status `error`, or counts in `tasks_failed_total`: aborted tasks as well, though they are not among
/// the errors.
///
/// Without the label `worker`, they are for a registry with one worker of these names.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{Worker, WorkerNames};
///
/// let registry = Registry::new();
/// let names = WorkerNames::subsystem("self_improvement");
/// let worker = Worker::builder("learner").names(names).namespace("aetherra").registry(&registry).build()?;
/// worker.task("retrain").run_infallible(|| ());
/// assert!(registry.text().contains("aetherra_self_improvement_tasks_total{status=\"success\"} 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerNames(Spelling);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Spelling {
    Classic,
    Celery,
    ByOutcome,
    Subsystem(Cow<'static, str>),
}

impl WorkerNames {
    /// Metrics for all workers, by worker and task.
    #[must_use]
    pub const fn classic() -> Self {
        Self(Spelling::Classic)
    }

    /// The metrics of Celery's exporters, by task, with Celery's states.
    #[must_use]
    pub const fn celery() -> Self {
        Self(Spelling::Celery)
    }

    /// A counter for each outcome, of all tasks together.
    #[must_use]
    pub const fn by_outcome() -> Self {
        Self(Spelling::ByOutcome)
    }

    /// Metrics of a part of the service, of all tasks together.
    #[must_use]
    pub fn subsystem(name: impl Into<Cow<'static, str>>) -> Self {
        Self(Spelling::Subsystem(name.into()))
    }

    /// Whether the worker's name is a label.
    pub(crate) fn has_worker(&self) -> bool {
        self.0 == Spelling::Classic
    }

    /// The labels that tell tasks apart.
    pub(crate) const fn labels(&self) -> &'static [&'static str] {
        match self.0 {
            Spelling::Classic => &["worker", "task"],
            Spelling::Celery => &["task"],
            Spelling::ByOutcome | Spelling::Subsystem(_) => &[],
        }
    }

    /// The label with the task; `None` if all tasks are counted together.
    pub(crate) const fn task(&self) -> Option<&'static str> {
        self.labels().last().copied()
    }

    /// The label with the outcome; `None` if the outcomes are counted apart.
    pub(crate) fn outcome(&self) -> Option<OutcomeLabel> {
        match self.0 {
            Spelling::Classic => Some(OutcomeLabel { name: "state".into(), ..OutcomeLabel::OUTCOME }),
            Spelling::Celery => Some(OutcomeLabel { name: "state".into(), values: CELERY_STATES }),
            Spelling::Subsystem(_) => Some(OutcomeLabel::STATUS),
            Spelling::ByOutcome => None,
        }
    }

    pub(crate) fn active(&self) -> String {
        self.name(if self.is_subsystem() { "active_tasks" } else { "workers_active" })
    }

    pub(crate) fn max(&self) -> String {
        self.name(if self.is_subsystem() { "max_tasks" } else { "workers_max" })
    }

    pub(crate) fn duration(&self) -> String {
        self.name(match self.0 {
            Spelling::Classic | Spelling::Celery => "task_duration_seconds",
            Spelling::ByOutcome => "task_processing_seconds",
            Spelling::Subsystem(_) => "task_duration",
        })
    }

    pub(crate) fn created(&self) -> String {
        // Beside `tasks_total`, `tasks_created_total` would be taken for the time of its creation in OpenMetrics.
        let is_apart = self.0 == Spelling::ByOutcome;
        self.name(if is_apart { "tasks_created_total" } else { "task_creations_total" })
    }

    const fn is_subsystem(&self) -> bool {
        matches!(self.0, Spelling::Subsystem(_))
    }

    /// The name of a metric that all spellings end alike.
    pub(crate) fn name(&self, suffix: &str) -> String {
        match &self.0 {
            Spelling::Classic | Spelling::ByOutcome => suffix.to_owned(),
            Spelling::Celery => format!("celery_{suffix}"),
            Spelling::Subsystem(name) => format!("{name}_{suffix}"),
        }
    }
}

/// Celery's words, in the order of the outcomes: completed, failed, aborted, panicked, timed out, shed.
const CELERY_STATES: [&str; 6] = ["SUCCESS", "FAILURE", "REVOKED", "FAILURE", "FAILURE", "REJECTED"];

impl Default for WorkerNames {
    fn default() -> Self {
        Self::classic()
    }
}
