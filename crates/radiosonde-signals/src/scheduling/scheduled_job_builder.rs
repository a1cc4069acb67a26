use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use radiosonde_metrics::{Buckets, RegisterError};
use tracing::field::Empty;

use crate::operations::operation::Operation;
use crate::operations::set_options::{SetOptions, set_options};
use crate::operations::work_metrics::{WorkDeclaration, WorkMetrics};
use crate::scheduling::runs::{AtScrape, Runs, Scheduled};
use crate::scheduling::schedule::Schedule;
use crate::scheduling::scheduled_job::ScheduledJob;

/// Builder of a [`ScheduledJob`]. Default buckets: from a tenth of a second to six hours.
#[must_use = "a builder declares nothing until `build`"]
#[derive(Debug)]
pub struct ScheduledJobBuilder {
    name: Cow<'static, str>,
    every: Option<Duration>,
    grace: Option<Duration>,
    options: SetOptions,
}

set_options!(ScheduledJobBuilder, buckets, errors);

const SECONDS: Buckets =
    Buckets::from_static(&[0.1, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 10800.0, 21600.0]);

/// The label with the name of the job.
const LABEL: &str = "job_name";

impl ScheduledJob {
    /// Declares a job, by its name.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> ScheduledJobBuilder {
        ScheduledJobBuilder { name: name.into(), every: None, grace: None, options: SetOptions::new(SECONDS) }
    }
}

impl ScheduledJobBuilder {
    /// The time between the starts of two runs. Default: unknown.
    pub const fn every(mut self, interval: Duration) -> Self {
        self.every = Some(interval);
        self
    }

    /// How late a run may be before it counts as missed, or its success as overdue. It covers the duration of a run. Default: a tenth
    /// of the interval.
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
    }

    /// Declares the metrics. Another job with this name in the registry shares them; whether a run is missed or overdue is that of the
    /// job that was declared last.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<ScheduledJob, RegisterError> {
        let (name, options) = (&*self.name, &self.options);
        let registry = options.registry();
        let mut metrics = self.declare()?;
        let gauge =
            |suffix: &str, help| registry.gauge(&options.name(suffix), help).unit("seconds").labels(&[LABEL]);
        let counter = |suffix: &str, help| {
            Ok(registry.counter(&options.name(suffix), help).labels(&[LABEL])?.handle(&[name]))
        };
        let runs = Arc::new(Runs {
            job: name.to_owned(),
            clock: Arc::clone(&options.clock),
            last_start: gauge("job_last_start_timestamp_seconds", "Time of the last start of a job.")?,
            last_success: gauge("job_last_success_timestamp_seconds", "Time of the last success of a job.")?,
            overlaps: counter("job_overlaps_total", "Runs of a job that began during another.")?,
            scheduled: match self.every {
                Some(every) => {
                    let grace = self.grace.unwrap_or(every / 10);
                    let help = "Whether the last success of a job is further back than its interval.";
                    let overdue = registry.int_gauge(&options.name("job_overdue"), help).labels(&[LABEL])?;
                    Some(Scheduled {
                        schedule: Mutex::new(Schedule::new(every, grace, options.clock.monotonic())),
                        overdue: overdue.handle(&[name]),
                        missed: counter(
                            "job_missed_total",
                            "Runs of a job that were due and did not begin.",
                        )?,
                    })
                }
                None => None,
            },
            running: Mutex::new(0),
        });
        registry
            .collect_as(&format!("{}/{name}", options.name("scheduled_job")), AtScrape(Arc::clone(&runs)));
        metrics.watcher = Some(runs);
        let signals = metrics.golden.clone().named(name, Some((LABEL, name)));
        signals.declare(registry);
        let operation = Operation::from_metrics(&metrics, self.name.clone(), &[name], &options.clock);
        Ok(ScheduledJob::new(operation, signals))
    }

    fn declare(&self) -> Result<WorkMetrics, RegisterError> {
        let options = &self.options;
        let [runs, errors, duration, running] =
            ["job_runs_total", "job_errors_total", "job_duration_seconds", "job_running"]
                .map(|name| options.name(name));
        let declaration = WorkDeclaration {
            calls: Some((&runs, "Finished runs of a job, by outcome.")),
            errors: Some((&errors, "Failed runs of a job, by kind of error.")),
            duration: Some((&duration, "Duration of a job's runs.")),
            buckets: options.buckets.clone(),
            in_flight: Some((&running, "Runs of a job in progress.")),
            ..WorkDeclaration::new("job", &[LABEL])
        };
        declaration.declare(options.registry(), options.kinds.clone(), |job| {
            tracing::info_span!(
                target: "radiosonde::operation",
                "job",
                otel.name = job,
                otel.status_code = Empty,
                otel.status_description = Empty,
                job.name = job,
            )
        })
    }
}
