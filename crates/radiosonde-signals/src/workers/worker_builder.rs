use std::borrow::Cow;
use std::sync::Arc;

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Counter, RegisterError};
use tracing::field::Empty;

use crate::golden::{Limit, Series};
use crate::operations::operation::Operation;
use crate::operations::operations::Operations;
use crate::operations::outcome_label::OutcomeLabel;
use crate::operations::set_options::{SetOptions, set_options};
use crate::operations::work_metrics::{WorkDeclaration, WorkMetrics};
use crate::workers::tasks::Tasks;
use crate::workers::worker::{Parts, Worker};
use crate::workers::worker_names::WorkerNames;

/// Builder of a [`Worker`].
#[must_use = "a builder declares nothing until `build`"]
#[derive(Debug)]
pub struct WorkerBuilder {
    name: Cow<'static, str>,
    names: WorkerNames,
    max: Option<u64>,
    options: SetOptions,
}

set_options!(WorkerBuilder, buckets, errors);

/// Durations of tasks: up to minutes.
const TASK_SECONDS: Buckets =
    Buckets::from_static(&[0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0]);

/// The limit of tasks, and what they are in a report of the limit.
const TASKS: (&str, usize) = ("tasks of a worker", 200);

impl Worker {
    /// Declares a worker, by its name. Default buckets: from five milliseconds to ten minutes.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> WorkerBuilder {
        let (names, options) = (WorkerNames::classic(), SetOptions::new(TASK_SECONDS));
        WorkerBuilder { name: name.into(), names, max: None, options }
    }
}

impl WorkerBuilder {
    /// How many tasks can run at once, for the saturation. Default: unknown.
    pub fn max(mut self, tasks: u64) -> Self {
        self.max = Some(tasks);
        self
    }

    /// The names of the metrics. Default: [`WorkerNames::classic`].
    pub fn names(mut self, names: WorkerNames) -> Self {
        self.names = names;
        self
    }

    /// Declares the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<Worker, RegisterError> {
        let Self { name, names, max, options } = self;
        let registry = options.registry();
        let mut metrics = declare_tasks(&name, &names, &options)?;
        let first: Vec<String> = names.has_worker().then(|| name.to_string()).into_iter().collect();
        let counter =
            |name: String, help| registry.counter(&options.name(&name), help).labels(names.labels());
        let retries =
            counter(names.name("task_retries_total"), "Tasks that were run again after a failure.")?;
        let created = counter(names.created(), "Tasks that were created.")?;
        metrics.beside.extend([retries.clone(), created.clone()]);

        let (active, limit) = (options.name(&names.active()), options.name(&names.max()));
        let own = if names.has_worker() { &["worker"][..] } else { &[] };
        let values: Vec<&str> = first.iter().map(String::as_str).collect();
        let gauge = |name: &str, help| registry.int_gauge(name, help).labels(own);
        let tasks = Tasks {
            active: gauge(&active, "Number of tasks in progress.")?.handle(&values),
            apart: declare_apart(&names, &options)?,
        };
        metrics.watcher = Some(Arc::new(tasks));
        let most = gauge(&limit, "Largest number of tasks in progress.")?;
        let limit = max.map_or(Limit::Unknown, |max| {
            most.handle(&values).set(i64::try_from(max).unwrap_or(i64::MAX));
            Limit::Metric(Series::of(registry, &limit, Kind::Gauge))
        });
        let golden = metrics.golden.clone();
        let golden = golden.with_saturation(Series::of(registry, &active, Kind::Gauge), limit);
        let golden = match names.task() {
            Some(task) => golden.with_item_label(task),
            None => golden,
        };
        let signals = golden.named(&*name, names.has_worker().then_some(("worker", &*name)));
        signals.declare(registry);
        let labels = names.labels();
        if labels.is_empty() {
            // The series of all tasks, which exist from the start.
            let _ = Operation::from_metrics(&metrics, name.clone(), &[], &options.clock);
        }
        let operations = Operations::new(metrics, options.clock, first, TASKS);
        Ok(Worker::from_parts(Parts { name, labels, operations, retries, created, signals }))
    }
}

/// Declares the metrics of tasks.
fn declare_tasks(
    worker: &str,
    names: &WorkerNames,
    options: &SetOptions,
) -> Result<WorkMetrics, RegisterError> {
    let named = |name: &str| options.name(name);
    let [tasks, errors] = ["tasks_total", "task_errors_total"].map(|suffix| named(&names.name(suffix)));
    let duration = named(&names.duration());
    let outcome = names.outcome();
    let declaration = WorkDeclaration {
        calls: outcome.is_some().then_some((&*tasks, "Finished tasks, by outcome.")),
        outcome: outcome.unwrap_or(OutcomeLabel::NONE),
        errors: Some((&errors, "Failed tasks, by kind of error.")),
        duration: Some((&duration, "Duration of tasks, in seconds.")),
        buckets: options.buckets.clone(),
        ..WorkDeclaration::new("worker", names.labels())
    };
    let worker = worker.to_owned();
    declaration.declare(options.registry(), options.kinds.clone(), move |task| {
        tracing::info_span!(
            target: "radiosonde::operation",
            "task",
            otel.name = task,
            otel.kind = "consumer",
            otel.status_code = Empty,
            otel.status_description = Empty,
            task,
            worker = &*worker,
        )
    })
}

/// Declares counters of completed tasks and of all other, if there is no label for the outcome.
fn declare_apart(names: &WorkerNames, options: &SetOptions) -> Result<Option<[Counter; 2]>, RegisterError> {
    if names.outcome().is_some() {
        return Ok(None);
    }
    let counter = |suffix, help| options.registry().counter(&options.name(&names.name(suffix)), help).build();
    Ok(Some([
        counter("tasks_completed_total", "Tasks that completed.")?,
        counter("tasks_failed_total", "Finished tasks that did not complete.")?,
    ]))
}
