use std::sync::Arc;

use crate::golden::GoldenSignals;
use crate::operations::operation::Operation;

/// The golden signals of a job that runs at certain times, such as every night.
///
/// # Metrics
/// - `job_runs_total{job_name,outcome}`: traffic.
/// - `job_errors_total{job_name,kind}`: errors, by a [kind](crate::ErrorKind) from a fixed set.
/// - `job_duration_seconds{job_name}`: latency, with an exemplar.
/// - `job_running{job_name}` and `job_overlaps_total{job_name}`: runs in progress, and runs that began during another.
/// - `job_last_start_timestamp_seconds{job_name}` and `job_last_success_timestamp_seconds{job_name}`: times by the wall clock, absent until
///   there is one.
/// - `job_overdue{job_name}`: 1 if the last success, or the declaration of the job, is further back than its
///   [interval](crate::ScheduledJobBuilder::every) and its grace, which the monotonic clock measures at the scrape.
/// - `job_missed_total{job_name}`: runs that were due, an interval after the last start, and had not begun when their grace was over.
///
/// The last two need an interval. The label is not `job`, which Prometheus sets for each target.
///
/// ```promql
/// job_overdue == 1
/// time() - job_last_success_timestamp_seconds > 2 * 86400
/// increase(job_missed_total[1d]) > 0
/// ```
///
/// # Cost
/// That of an [`Operation`]'s call, and a few locks that no other job takes.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::ScheduledJob;
///
/// let registry = Registry::new();
/// let report = ScheduledJob::builder("nightly_report").every(Duration::from_secs(24 * 3600));
/// let report = report.registry(&registry).build()?;
/// let written = report.operation().run(|| "12".parse::<u32>());
/// assert_eq!(written, Ok(12));
/// let text = registry.text();
/// assert!(text.contains("job_runs_total{job_name=\"nightly_report\",outcome=\"completed\"} 1\n"));
/// assert!(text.contains("job_overdue{job_name=\"nightly_report\"} 0\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ScheduledJob(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    operation: Operation,
    signals: GoldenSignals,
}

impl ScheduledJob {
    pub(crate) fn new(operation: Operation, signals: GoldenSignals) -> Self {
        Self(Arc::new(Inner { operation, signals }))
    }

    /// The operation whose calls are the runs of the job.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        &self.0.operation
    }

    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        &self.0.signals
    }
}
