#![doc = include_str!("../README.md")]

mod annotating;
mod anomalies;
mod any_field;
mod bounded_names;
mod business;
mod caches;
mod calling;
mod connections;
mod data_pipeline;
mod database;
mod dependency;
mod golden;
mod messaging;
mod model;
mod objectives;
mod observing;
mod operations;
mod queues;
mod recording;
mod scheduling;
mod shared_state;
mod system_health;
mod workers;

pub use anomalies::anomalies::Anomalies;
pub use anomalies::anomaly_detector::AnomalyDetector;
pub use anomalies::anomaly_direction::AnomalyDirection;
pub use anomalies::anomaly_error::{AnomalyError, AnomalyErrorKind};
pub use anomalies::anomaly_options::AnomalyOptions;
pub use anomalies::anomaly_state::{AnomalyState, AnomalyStatus};
pub use anomalies::invalid_anomaly_options::InvalidAnomalyOptions;
pub use anomalies::measure::Measure;
pub use anomalies::season::Season;
pub use bounded_names::BoundedNames;
pub use business::metric::BusinessMetric;
pub use business::metric_builder::BusinessMetricBuilder;
pub use business::metric_family::BusinessMetricFamily;
pub use caches::cache::Cache;
pub use caches::cache_builder::CacheBuilder;
pub use caches::eviction_cause::EvictionCause;
pub use caches::watched::CacheSize;
pub use connections::connection_names::ConnectionNames;
pub use connections::connections::{Connections, ConnectionsBuilder};
pub use connections::sessions::{Sessions, SessionsBuilder};
pub use data_pipeline::{DataPipeline, DataPipelineBuilder};
pub use database::database::Database;
pub use database::database_builder::DatabaseBuilder;
pub use database::database_names::DatabaseNames;
pub use database::pool_state::PoolState;
pub use dependency::{Dependency, DependencyBuilder};
pub use golden::{GoldenSignals, Limit, Match, Saturation, Series};
pub use messaging::messaging::Messaging;
pub use messaging::messaging_builder::MessagingBuilder;
pub use messaging::messaging_names::MessagingNames;
pub use model::{Model, ModelBuilder, ModelNames};
pub use objectives::burn_window::BurnWindow;
pub use objectives::counts::Counts;
pub use objectives::indicator::{Bound, Indicator};
pub use objectives::latency_buckets::LatencyBuckets;
pub use objectives::objective_table::ObjectiveTable;
pub use objectives::objectives::Objectives;
pub use objectives::severity::Severity;
pub use objectives::slo::Slo;
pub use objectives::slo_error::SloError;
pub use objectives::slo_error_kind::SloErrorKind;
pub use objectives::slo_status::{SloStatus, WindowStatus};
pub use objectives::work::Work;
pub use operations::error_kind::{ClassifyErrors, ErrorKind};
pub use operations::operation::Operation;
pub use operations::operation_builder::OperationBuilder;
pub use operations::operation_family::OperationFamily;
pub use operations::operation_names::OperationNames;
pub use queues::capacity::AddedCapacity;
pub use queues::depth::QueueState;
pub use queues::queue::Queue;
pub use queues::queue_builder::QueueBuilder;
pub use queues::queue_refusal::QueueRefusal;
pub use queues::waiting::Waiting;
/// Derives [`trait@ErrorKind`] for an enum.
pub use radiosonde_macros::ErrorKind;
/// Makes a function an [`Operation`]: every call is counted, timed, traced and logged with its outcome.
///
/// # Shape
/// It applies to functions and methods:
///
/// | Function | The call |
/// |---|---|
/// | sync | from its beginning to its return |
/// | `async fn`, also of `async_trait` | from the future's first poll to its end |
/// | `-> impl Future`, `-> Pin<Box<dyn Future>>`, `BoxFuture` | the same |
/// | `-> impl Stream`, `-> Pin<Box<dyn Stream>>`, `BoxStream` | from the first poll to the end of the stream |
///
/// A future or stream that is dropped before its end counts as aborted; one that is never polled is not a call. A `const fn`
/// or a function without a body is an error.
///
/// | Option | Effect |
/// |---|---|
/// | `name = "..."` | names the operation; default: the function's name |
/// | `namespace = "..."` | what the names of the metrics begin with, before an underscore; default: nothing |
/// | `per_operation` | metrics of its own, [named for the operation](OperationNames::per_operation) |
/// | `buckets = [...]` | the buckets of its durations in seconds, with `per_operation`: bounds, or an expression of type `Buckets` |
/// | `fields(order.id = order.id, ...)` | fields of the span, in the syntax of `tracing`'s macros; default: no argument is recorded |
/// | `err = path` | a function that is called with `&E` in the call's span; it may name the error type |
/// | `ok = path` | a function that is called with `&T` in the call's span |
///
/// Names are global to the process: two functions with the same name share one operation, and the second is reported to the
/// diagnostics unless both chose the name. Choose names by what the functions do: `#[observe(name = "price_order")]`.
///
/// ```
/// #[radiosonde_signals::observe]
/// fn reserve(items: u32) -> Option<u32> {
///     items.checked_sub(1)
/// }
///
/// reserve(3);
/// let text = radiosonde_metrics::Registry::global().text();
/// assert!(text.contains("operation_calls_total{operation=\"reserve\",outcome=\"completed\"} 1\n"));
/// ```
///
/// # Errors
/// A function that returns a `Result` fails with its `Err`; any other completes when it returns. An error that implements
/// [`ErrorKind`](trait@ErrorKind) is counted by its kind, and all kinds are exposed from the first call on. The error's causes go to
/// the line, as `{message, chain}`, and to the status of the span, if the error is an `Error`, a boxed one, or one of
/// `anyhow` or `eyre`. Any other error is formatted by `{:#}`, if it can be. An error whose `Display` fails or panics is
/// still returned.
///
/// A stream fails with its first item that is an `Err`, also if it is dropped after that.
///
/// # Fields
/// `name = value`, `name = ?value`, `name = %value`, `name`, `?name` and `%name`, where a name may have dots or be quoted.
/// `name = tracing::field::Empty` declares a field that is recorded later. The expressions are evaluated before the body; a
/// function that returns a future or a stream keeps the values, with texts copied, until the first poll.
///
/// ```
/// struct Order { id: u64, items: Vec<String> }
///
/// #[radiosonde_signals::observe(fields(order.id = order.id, items = %order.items.len(), ?express))]
/// async fn ship(order: Order, express: bool) -> Result<(), std::io::Error> {
///     Ok(())
/// }
/// ```
///
/// # Hooks
/// The hooks run in the call's span before it ends, so they may record its fields. `err` returns `()`, or the error's kind as a
/// `&'static str`, of which there must be a bounded number: the label `kind` of the errors and the `error.type` of the span, in place of
/// that of [`ErrorKind`](trait@ErrorKind). Without either, they are `other` and `_OTHER`. `ok` is called with the value of
/// a `Result`, or with any other return value. For a stream they are called with each item. A hook that panics changes
/// neither the result nor the outcome.
///
/// ```
/// use tracing::field::Empty;
///
/// #[derive(Debug)]
/// enum CardError { Expired, Stolen { report: u64 } }
///
/// fn kind(error: &CardError) -> &'static str {
///     match error {
///         CardError::Expired => "card_expired",
///         CardError::Stolen { report } => {
///             tracing::Span::current().record("report", report);
///             "card_stolen"
///         }
///     }
/// }
///
/// #[radiosonde_signals::observe(fields(report = Empty), err = kind)]
/// fn charge(card: &str) -> Result<(), CardError> {
///     if card.is_empty() { Err(CardError::Expired) } else { Ok(()) }
/// }
/// assert!(charge("").is_err());
/// ```
///
/// # Names
/// A function whose metrics are its own has the names of Prometheus guides, `<namespace>_<name>_total{status}` and so on.
///
/// ```
/// #[radiosonde_signals::observe(namespace = "aetherra", per_operation, buckets = [0.01, 0.1, 1.0])]
/// fn memory_query(filter: &str) -> Result<u32, std::num::ParseIntError> {
///     filter.parse()
/// }
///
/// assert!(memory_query("many").is_err());
/// let text = radiosonde_metrics::Registry::global().text();
/// assert!(text.contains("aetherra_memory_query_total{status=\"error\"} 1\n"));
/// assert!(text.contains("aetherra_memory_query_duration_seconds_count 1\n"));
/// ```
///
/// # Streams
/// ```
/// use futures_util::stream::{self, Stream};
///
/// #[radiosonde_signals::observe]
/// fn rows(table: &str) -> impl Stream<Item = Result<u64, std::io::Error>> {
///     stream::iter([Ok(1), Ok(2)])
/// }
/// ```
///
/// # With `#[tracing::instrument]`
/// Both may be on one function, in either order; the call is counted once. The attribute below is the outer one: its span is
/// the parent of the other's.
///
/// ```
/// #[radiosonde_signals::observe]
/// #[tracing::instrument(skip(card))]
/// async fn refund(order: u64, card: &str) -> Result<(), std::io::Error> {
///     Ok(())
/// }
/// ```
///
/// # Cost
/// That of an [`Operation`]'s call. A poll enters the span, and takes no lock and allocates nothing of its own.
pub use radiosonde_macros::observe;
pub use recording::ended::Ended;
pub use recording::record::Record;
pub use recording::unit_of_work::UnitOfWork;
pub use scheduling::scheduled_job::ScheduledJob;
pub use scheduling::scheduled_job_builder::ScheduledJobBuilder;
pub use system_health::component::Component;
pub use system_health::component_state::ComponentState;
pub use system_health::system::{SystemHealth, SystemHealthBuilder};
pub use workers::worker::Worker;
pub use workers::worker_builder::WorkerBuilder;
pub use workers::worker_names::WorkerNames;

/// Support for the expansion of `#[observe]`. Not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use futures_core::Stream;
    pub use radiosonde_metrics::Buckets;
    pub use tracing;

    pub use crate::annotating::{annotate, annotation_key};
    pub use crate::calling::call::{opening, start};
    pub use crate::calling::observed::{
        EndsByBoxedError, EndsByError, EndsByResult, EndsByReturn, EndsBySentError, EndsByText, Returned,
        call_once, observe_async, observe_stream, observe_sync,
    };
    pub use crate::observing::hooks::{OkOfResult, OkOfReturn, error_of, named, on_error, on_ok};
    pub use crate::observing::kept::keep;
    pub use crate::observing::kinds::{
        HasErrorKind, HasNoErrorKind, KindsOfError, KindsOfReturn, ReturnType,
    };
    pub use crate::observing::named::{Observed, operation};
}

/// The trait without the derive of the same name, for the facade, which has a derive of its own beside it.
#[doc(hidden)]
pub mod __traits {
    pub use crate::operations::error_kind::ErrorKind;
}

/// Counting of events by objectives and detectors, for the alert rules of `radiosonde-alerts`.
#[doc(hidden)]
pub mod __counting {
    pub use crate::anomalies::histogram_growth::{BucketCounts, HistogramGrowth};
    pub use crate::objectives::increases::Increases;
    pub use crate::objectives::window_ring::{Amount, WindowRing};
}
