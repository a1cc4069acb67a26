use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use radiosonde_core::{Outcome, SharedClock};
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Counter, DynFamily, Gauge, RegisterError};
use tracing::field::Empty;

use crate::golden::{GoldenSignals, Limit, Series};
use crate::operations::error_kind::{ErrorKinds, OTHER};
use crate::operations::operation::Operation;
use crate::operations::set_options::{SetOptions, set_options};
use crate::operations::work_metrics::{WorkDeclaration, WorkMetrics};
use crate::shared_state::shared_state;

/// The golden signals of a data pipeline: the records it processes, and how far it lags behind.
///
/// A [`record`](Self::record) is an operation, and so is a [`batch`](Self::batch) of them. Records of which some fail are counted by
/// [`processed`](Self::processed) and [`failed`](Self::failed), without a duration.
///
/// # Metrics
/// - `data_records_processed_total{pipeline,outcome}`: traffic; its rate is the throughput.
/// - `data_processing_errors_total{pipeline,kind}`: errors, by a [kind](crate::ErrorKind) from a fixed set.
/// - `data_processing_duration_seconds{pipeline}`: latency of records and batches, with an exemplar.
/// - `data_processing_in_flight{pipeline}`: records and batches in progress.
/// - `data_processing_lag_seconds{pipeline}`: age of the newest processed record, computed at the scrape, from the first call of
///   [`processed_until`](Self::processed_until) on. It is the saturation, divided by [`max_lag`](DataPipelineBuilder::max_lag).
/// - `data_dead_letters_total{pipeline}`: records put aside because they cannot be processed.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::DataPipeline;
///
/// let registry = Registry::new();
/// let max_lag = Duration::from_secs(60);
/// let readings = DataPipeline::builder("readings").max_lag(max_lag).registry(&registry).build()?;
/// let parsed = readings.record().run(|| "21.5".parse::<f64>());
/// assert!(parsed.is_ok());
/// let stored = readings.batch(499).run(|| Ok::<_, std::io::Error>(()));
/// assert!(stored.is_ok());
/// readings.processed_until(SystemTime::now() - Duration::from_secs(15));
///
/// let text = registry.text();
/// assert!(text.contains("data_records_processed_total{outcome=\"completed\",pipeline=\"readings\"} 500\n"));
/// let saturation = readings.signals().saturation().unwrap();
/// assert!(saturation.share(&registry.snapshot()).unwrap() >= 0.25);
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct DataPipeline(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    record: Operation,
    completed: Option<Counter>,
    failed: Option<Counter>,
    errors: Option<DynFamily<Counter>>,
    kinds: ErrorKinds,
    lag: Arc<Lag>,
    dead_letters: Counter,
    signals: GoldenSignals,
}

impl DataPipeline {
    /// Declares a pipeline by its name.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> DataPipelineBuilder {
        let options = SetOptions::new(Buckets::HTTP_SECONDS);
        DataPipelineBuilder { name: name.into(), max_lag: None, options }
    }

    /// The processing of one record, to be run or tracked.
    #[must_use]
    pub fn record(&self) -> &Operation {
        &self.0.record
    }

    /// The processing of this many records at once, to be run or tracked: each counts, and each as failed if the batch fails.
    #[must_use]
    pub fn batch(&self, records: u64) -> Operation {
        let mut batch = self.0.record.clone();
        batch.set_items(records);
        batch
    }

    /// Counts records that were processed.
    pub fn processed(&self, records: u64) {
        if let Some(completed) = &self.0.completed {
            completed.inc_by(records);
        }
    }

    /// Counts records that failed, with the kind of this error.
    pub fn failed<E: 'static>(&self, records: u64, error: &E) {
        if let Some(failed) = &self.0.failed {
            failed.inc_by(records);
        }
        if let Some(errors) = &self.0.errors {
            let kind = self.0.kinds.of(error as &dyn Any).unwrap_or(OTHER);
            errors.with(&[self.0.record.name(), kind]).inc_by(records);
        }
    }

    /// Counts records that were put aside because they cannot be processed.
    pub fn dead_letters(&self, records: u64) {
        self.0.dead_letters.inc_by(records);
    }

    /// Notes from when the newest processed record is: the time at which it was made, not processed. Older ones change nothing.
    ///
    /// # Cost
    /// An atomic operation.
    pub fn processed_until(&self, record: SystemTime) {
        self.0.lag.until(record);
    }

    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        &self.0.signals
    }
}

/// Since when a pipeline lags behind.
#[derive(Debug)]
struct Lag {
    pipeline: Cow<'static, str>,
    clock: SharedClock,
    gauge: DynFamily<Gauge>,
    /// When the newest record was made, in nanoseconds since 1970; 0 before the first.
    newest: AtomicU64,
}

impl Lag {
    fn until(&self, record: SystemTime) {
        let since_1970 = record.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        // Relaxed: no memory depends on it.
        self.newest.fetch_max(u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Computes the lag at a scrape.
struct LagCollector(Arc<Lag>);

impl Collector for LagCollector {
    fn collect(&self, _: &mut Collection) {
        let Lag { pipeline, clock, gauge, newest } = &*self.0;
        // Relaxed: as above.
        let newest = newest.load(Ordering::Relaxed);
        if newest > 0 {
            let newest = SystemTime::UNIX_EPOCH + Duration::from_nanos(newest);
            let age = clock.now().duration_since(newest).unwrap_or_default();
            gauge.with(&[pipeline]).set(age.as_secs_f64());
        }
    }
}

/// Builder of a [`DataPipeline`].
#[must_use = "a builder declares nothing until `build`"]
#[derive(Debug)]
pub struct DataPipelineBuilder {
    name: Cow<'static, str>,
    max_lag: Option<Duration>,
    options: SetOptions,
}

set_options!(DataPipelineBuilder, buckets, errors);

impl DataPipelineBuilder {
    /// The lag at which the pipeline counts as full. Default: unknown.
    pub const fn max_lag(mut self, max_lag: Duration) -> Self {
        self.max_lag = Some(max_lag);
        self
    }

    /// Declares the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<DataPipeline, RegisterError> {
        let (metrics, name) = (self.declare()?, self.name);
        let registry = self.options.registry();
        let help = "Records put aside because they cannot be processed.";
        let dead_letters =
            registry.counter(&self.options.name("data_dead_letters_total"), help).labels(&["pipeline"])?;
        let lag_name = self.options.name("data_processing_lag_seconds");
        let lag = registry.gauge(&lag_name, "Age of the newest processed record.").unit("seconds");
        let gauge = lag.labels(&["pipeline"])?;
        let lag = format!("{lag_name}/{name}");
        // A pipeline that is built again is as far as before.
        let state = shared_state(registry, &lag, || {
            let (pipeline, clock) = (name.clone(), Arc::clone(&self.options.clock));
            Lag { pipeline, clock, gauge, newest: AtomicU64::new(0) }
        });
        registry.collect_as(&lag, LagCollector(Arc::clone(&state)));
        let limit = self.max_lag.map_or(Limit::Unknown, |max| Limit::Fixed(max.as_secs_f64()));
        let in_use = Series::of(registry, &lag_name, Kind::Gauge);
        let signals = metrics.golden.clone().with_saturation(in_use, limit);
        let signals = signals.named(&*name, Some(("pipeline", &name)));
        signals.declare(registry);
        let record = Operation::from_metrics(&metrics, name.clone(), &[&name], &self.options.clock);
        let count = |outcome: Outcome| {
            let outcome = metrics.outcome.values[outcome.index()];
            metrics.calls.as_ref().map(|calls| calls.handle(&[&name, outcome]))
        };
        Ok(DataPipeline(Arc::new(Inner {
            record,
            completed: count(Outcome::Completed),
            failed: count(Outcome::Failed),
            errors: metrics.errors.clone(),
            kinds: self.options.kinds.clone(),
            lag: state,
            dead_letters: dead_letters.handle(&[&name]),
            signals,
        })))
    }

    fn declare(&self) -> Result<WorkMetrics, RegisterError> {
        let options = &self.options;
        let named = |suffix| options.name(&format!("data_{suffix}"));
        let (calls, errors) = (named("records_processed_total"), named("processing_errors_total"));
        let (duration, in_flight) = (named("processing_duration_seconds"), named("processing_in_flight"));
        let declaration = WorkDeclaration {
            calls: Some((&calls, "Processed records, by outcome.")),
            errors: Some((&errors, "Records that failed to be processed, by kind of error.")),
            duration: Some((&duration, "Duration of the processing of a record or a batch.")),
            buckets: options.buckets.clone(),
            in_flight: Some((&in_flight, "Records and batches that are being processed.")),
            ..WorkDeclaration::new("data_pipeline", &["pipeline"])
        };
        declaration.declare(options.registry(), options.kinds.clone(), |pipeline| {
            tracing::info_span!(
                target: "radiosonde::operation",
                "record",
                otel.name = format_args!("process {pipeline}"),
                otel.status_code = Empty,
                otel.status_description = Empty,
                pipeline,
            )
        })
    }
}
