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
pub use radiosonde_metrics::__traits::{LabelValue, Labels};
pub use radiosonde_metrics::{
    Buckets, Callback, Counter, Declarable, Descriptor, DynFamily, Family, FloatCounter, Gauge, GaugeGuard,
    Histogram, Info, InitialiseError, Instrument, IntGauge, InvalidBuckets, InvalidNative, InvalidRegistry,
    Lazy, MetricBuilder, MetricRef, Native, RecordError, RegisterError, RegisterErrors, Registry,
    RegistryBuilder, RemovableMetricBuilder, StateSet, StatusClass, Summary, Timer,
};
pub use radiosonde_metrics::{collect, error, exposition, model, removable, snapshot};
