#![doc = include_str!("../README.md")]

pub mod collect;
mod collectors;
mod declaring;
pub mod error;
pub mod exposition;
mod families;
mod gathering;
mod instruments;
pub mod model;
#[cfg(all(test, loom))]
mod models;
mod once_box;
mod reentrancy;
mod registry;
pub mod removable;
pub mod snapshot;
mod storage;
mod sync;

pub use declaring::callback::Callback;
pub use declaring::info::Info;
pub use declaring::lazy::{Declarable, Lazy};
pub use declaring::metric_builder::MetricBuilder;
pub use declaring::register_errors::RegisterErrors;
pub use declaring::registry_builder::{InvalidRegistry, RegistryBuilder};
pub use declaring::removable_metric_builder::RemovableMetricBuilder;
pub use declaring::state_set::StateSet;
pub use families::descriptor::Descriptor;
pub use families::dyn_family::DynFamily;
pub use families::family::Family;
pub use families::initialise::InitialiseError;
pub use families::labels::{LabelValue, Labels};
pub use families::metric_ref::MetricRef;
pub use families::register_error::RegisterError;
pub use families::status_class::StatusClass;
pub use instruments::buckets::{Buckets, InvalidBuckets};
pub use instruments::counter::Counter;
pub use instruments::float_counter::FloatCounter;
pub use instruments::gauge::{Gauge, GaugeGuard, IntGauge};
pub use instruments::histogram::Histogram;
pub use instruments::instrument::Instrument;
pub use instruments::native::settings::{InvalidNative, Native};
pub use instruments::summary::Summary;
pub use instruments::timer::Timer;
/// Derives [`trait@LabelValue`] for an enum without fields.
pub use radiosonde_macros::LabelValue;
/// Derives [`trait@Labels`] for a struct with named fields.
pub use radiosonde_macros::Labels;
/// Makes each signature of a module a metric.
///
/// ```
/// use radiosonde_metrics::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// pub enum Payment {
///     Card,
///     Cash,
/// }
///
/// #[radiosonde_metrics::metrics(namespace = "shop")]
/// mod metrics {
///     use super::Payment;
///
///     /// Orders created.
///     pub fn orders_created_total(method: Payment, country: &str) -> Counter;
///
///     /// Time in the queue.
///     ///
///     /// For readers of the code: this is not part of the help text.
///     #[metric(unit = "seconds", buckets = [0.1, 1.0])]
///     pub fn queue_wait_seconds() -> Histogram;
/// }
///
/// fn main() -> Result<(), radiosonde_metrics::RegisterErrors> {
///     metrics::register()?;
///     let country = String::from("nl");
///     metrics::orders_created_total(Payment::Card, &country).inc();
///     metrics::queue_wait_seconds().observe(0.3);
///
///     let text = Registry::global().text();
///     assert!(text.contains("# HELP shop_queue_wait_seconds Time in the queue.\n"));
///     assert!(text.contains("shop_orders_created_total{country=\"nl\",method=\"card\"} 1\n"));
///     # metrics::orders_created_total(Payment::Cash, "be").inc();
///     Ok(())
/// }
/// ```
///
/// What else a metric can say:
///
pub use radiosonde_macros::metrics;
pub use registry::Registry;
pub use registry::record_error::RecordError;

/// The traits without the derives of the same names, for the facade, which has derives of its own beside them.
#[doc(hidden)]
pub mod __traits {
    pub use crate::families::labels::{LabelValue, Labels};
}
