//! Instruments, families and the registry: `radiosonde-metrics`, with derives for code that depends on the facade alone.
//!
//! ```
//! use radiosonde::metrics::LabelValue;
//!
//! #[derive(LabelValue)]
//! pub enum Payment {
//!     Card,
//!     Cash,
//! }
//!
//! #[radiosonde::metrics]
//! mod metrics {
//!     use super::Payment;
//!
//!     /// Orders created.
//!     pub fn orders_created_total(method: Payment, country: &str) -> Counter;
//!
//!     /// Orders that wait.
//!     pub fn orders_waiting() -> IntGauge;
//! }
//!
//! fn main() -> Result<(), radiosonde::metrics::RegisterErrors> {
//!     metrics::register()?;
//!     metrics::orders_created_total(Payment::Card, "nl").inc();
//!     let _waits = metrics::orders_waiting().hold();
//!
//!     let text = radiosonde::Registry::global().text();
//!     assert!(text.contains("orders_created_total{country=\"nl\",method=\"card\"} 1\n"));
//!     assert!(text.contains("orders_waiting 1\n"));
//!     # metrics::orders_created_total(Payment::Cash, "be").inc();
//!     Ok(())
//! }
//! ```

pub use radiosonde_macros::{FacadeLabelValue as LabelValue, FacadeLabels as Labels};
// What `register` of a module of metrics gives.
pub use radiosonde_metrics::__traits::{LabelValue, Labels};
pub use radiosonde_metrics::RegisterErrors;
pub use radiosonde_metrics::{
    Buckets, Callback, CollectedFamily, Collection, Collector, Counter, Dialect, DynFamily, Escaping,
    Exemplar, Family, FamilyInfo, FloatCounter, Format, Gauge, GaugeGuard, Histogram, HistogramSample, Info,
    Instrument, IntGauge, InvalidBuckets, InvalidExemplar, InvalidName, InvalidNameKind, InvalidNative,
    InvalidRegistry, Kind, LabelSet, MetricBuilder, MetricRef, Native, NativeSample, Number, NumberSample,
    OVERFLOW, RegisterError, RegisterErrorKind, Registry, RegistryBuilder, Selection, StateSet, StatusClass,
    Summary, SummarySample, Timer, Visitor,
};
pub use radiosonde_metrics::{Declarable, Lazy, RecordError, RecordErrorKind};
