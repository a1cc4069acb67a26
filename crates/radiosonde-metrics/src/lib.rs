#![doc = include_str!("../README.md")]

pub mod collect;
mod collectors;
mod declaring;
mod exposition;
mod families;
mod gathering;
mod instruments;
#[cfg(all(test, loom))]
mod models;
mod nested;
mod once_box;
mod registry;
pub mod serve;
mod sync;

pub use declaring::declare::Declare;
pub use declaring::declare_removable::DeclareRemovable;
pub use declaring::error::{RegisterError, RegisterErrorKind};
pub use declaring::labels::{LabelSet, LabelValue, Labels};
pub use declaring::lazy::{Declarable, Lazy};
pub use declaring::name::{InvalidName, InvalidNameKind};
pub use declaring::record_error::{RecordError, RecordErrorKind};
pub use declaring::register_errors::RegisterErrors;
pub use declaring::registry_builder::{InvalidRegistry, RegistryBuilder};
pub use declaring::status_class::StatusClass;
pub use exposition::dialect::Dialect;
pub use exposition::escaping::Escaping;
pub use exposition::format::Format;
pub use families::family::{Family, OVERFLOW, Vector};
pub use families::initialise::{InitialiseError, InitialiseErrorKind};
pub use families::removable::family::RemovableFamily;
pub use families::removable::scoped::Scoped;
pub use families::removable::vector::RemovableVector;
pub use families::series::Lent;
pub use gathering::collector::{CollectedFamily, Collection, Collector};
pub use gathering::owned::CollectorGuard;
pub use gathering::selection::Selection;
pub use gathering::snapshot::{FamilySnapshot, SeriesSnapshot, Snapshot, SnapshotValue};
pub use gathering::visitor::{
    FamilyInfo, HistogramSample, Kind, NativeSample, Number, NumberSample, SummarySample, Visitor,
};
pub use instruments::buckets::{Buckets, InvalidBuckets};
pub use instruments::callback::Callback;
pub use instruments::counter::Counter;
pub use instruments::exemplar::{Exemplar, InvalidExemplar};
pub use instruments::float_counter::FloatCounter;
pub use instruments::gauge::{Gauge, Held, IntGauge};
pub use instruments::histogram::Histogram;
pub use instruments::info::Info;
pub use instruments::instrument::Instrument;
pub use instruments::native::settings::{InvalidNative, Native};
pub use instruments::state_set::StateSet;
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
///     /// For people who read the code, this is no part of the help text.
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

/// The traits without the derives of the same names, for the facade, which has derives of its own beside them.
#[doc(hidden)]
pub mod __traits {
    pub use crate::declaring::labels::{LabelValue, Labels};
}
