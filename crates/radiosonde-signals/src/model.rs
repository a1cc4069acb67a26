use std::borrow::Cow;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use radiosonde_core::SharedClock;
use radiosonde_metrics::{Buckets, DynFamily, Gauge, RegisterError};
use tracing::field::Empty;

use crate::golden::GoldenSignals;
use crate::operations::operation::Operation;
use crate::operations::set_options::{SetOptions, set_options};
use crate::operations::work_metrics::WorkDeclaration;

/// The golden signals of a machine-learned model: its inferences, how good it is, and when it was trained.
///
/// # Metrics
/// - `model_inferences_total{model,outcome}`: traffic.
/// - `model_inference_errors_total{model,kind}`: errors, by a [kind](crate::ErrorKind) from a fixed set.
/// - `model_inference_duration_seconds{model}`: latency, with an exemplar.
/// - `model_inferences_in_flight{model}`: inferences in progress. Their limit is unknown.
/// - `model_accuracy{model}` and `model_last_training_timestamp_seconds{model}`, from the first time they are set on. [`ModelNames`] has
///   their other names.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::Model;
///
/// let registry = Registry::new();
/// let ranker = Model::builder("ranker").registry(&registry).build()?;
/// let rank = ranker.inference().run(|| "7".parse::<u32>());
/// assert_eq!(rank, Ok(7));
/// ranker.set_accuracy(0.93);
/// ranker.trained_at(UNIX_EPOCH + Duration::from_secs(1_700_000_000));
///
/// let text = registry.text();
/// assert!(text.contains("model_inferences_total{model=\"ranker\",outcome=\"completed\"} 1\n"));
/// assert!(text.contains("model_accuracy{model=\"ranker\"} 0.93\n"));
/// assert!(text.contains("model_last_training_timestamp_seconds{model=\"ranker\"} 1700000000\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Model(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    inference: Operation,
    accuracy: DynFamily<Gauge>,
    trained: DynFamily<Gauge>,
    clock: SharedClock,
    signals: GoldenSignals,
}

impl Model {
    /// Declares a model by its name.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> ModelBuilder {
        let options = SetOptions::new(Buckets::HTTP_SECONDS);
        ModelBuilder { name: name.into(), names: ModelNames::standard(), options }
    }

    /// One use of the model, to be run or tracked.
    #[must_use]
    pub fn inference(&self) -> &Operation {
        &self.0.inference
    }

    /// Sets how good the model is, as it was last evaluated: a share from 0 to 1, or a score.
    pub fn set_accuracy(&self, accuracy: f64) {
        self.0.accuracy.with(&[self.0.inference.name()]).set(accuracy);
    }

    /// The model has been trained just now.
    pub fn trained(&self) {
        self.trained_at(self.0.clock.now());
    }

    /// The model was last trained at this time.
    pub fn trained_at(&self, at: SystemTime) {
        let since_epoch = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.0.trained.with(&[self.0.inference.name()]).set(since_epoch.as_secs_f64());
    }

    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        &self.0.signals
    }
}

/// The names of the metrics of a [`Model`] that have several spellings.
///
/// # Shape
/// | | accuracy | last training |
/// |---|---|---|
/// | [`standard`](Self::standard) (default) | `model_accuracy` | `model_last_training_timestamp_seconds` |
/// | [`scaling`](Self::scaling) | `scaling_prediction_accuracy` | `model_last_training_timestamp` |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelNames {
    accuracy: &'static str,
    trained: &'static str,
}

impl ModelNames {
    /// The names of a model.
    #[must_use]
    pub const fn standard() -> Self {
        Self { accuracy: "model_accuracy", trained: "model_last_training_timestamp_seconds" }
    }

    /// The names of a model that predicts how a service must scale.
    #[must_use]
    pub const fn scaling() -> Self {
        Self { accuracy: "scaling_prediction_accuracy", trained: "model_last_training_timestamp" }
    }
}

impl Default for ModelNames {
    fn default() -> Self {
        Self::standard()
    }
}

/// Builder of a [`Model`].
#[must_use = "a builder declares nothing until `build`"]
#[derive(Debug)]
pub struct ModelBuilder {
    name: Cow<'static, str>,
    names: ModelNames,
    options: SetOptions,
}

set_options!(ModelBuilder, buckets, errors);

impl ModelBuilder {
    /// The names of the metrics. Default: [`ModelNames::standard`].
    pub const fn names(mut self, names: ModelNames) -> Self {
        self.names = names;
        self
    }

    /// Declares the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<Model, RegisterError> {
        let Self { name, names, options } = self;
        let registry = options.registry();
        let named = |suffix| options.name(&format!("model_{suffix}"));
        let (calls, errors) = (named("inferences_total"), named("inference_errors_total"));
        let (duration, in_flight) = (named("inference_duration_seconds"), named("inferences_in_flight"));
        let declaration = WorkDeclaration {
            calls: Some((&calls, "Finished inferences of a model, by outcome.")),
            errors: Some((&errors, "Failed inferences of a model, by kind of error.")),
            duration: Some((&duration, "Duration of a model's inferences.")),
            buckets: options.buckets.clone(),
            in_flight: Some((&in_flight, "Inferences of a model in progress.")),
            ..WorkDeclaration::new("model", &["model"])
        };
        let metrics = declaration.declare(registry, options.kinds.clone(), |model| {
            tracing::info_span!(
                target: "radiosonde::operation",
                "inference",
                otel.name = format_args!("inference {model}"),
                otel.status_code = Empty,
                otel.status_description = Empty,
                model,
            )
        })?;
        let help = "Accuracy or score of a model, as it was last evaluated.";
        let accuracy = registry.gauge(&options.name(names.accuracy), help).labels(&["model"])?;
        let help = "Time at which a model was last trained, in seconds since the Unix epoch.";
        let trained = registry.gauge(&options.name(names.trained), help).labels(&["model"])?;
        let signals = metrics.golden.clone().named(&*name, Some(("model", &name)));
        signals.declare(registry);
        let inference = Operation::from_metrics(&metrics, name.clone(), &[&name], &options.clock);
        Ok(Model(Arc::new(Inner { inference, accuracy, trained, clock: options.clock, signals })))
    }
}
