//! Instruments, families and the registry: `radiosonde-metrics`, with derives for code that depends on the facade alone.

pub use radiosonde_macros::{FacadeLabelValue as LabelValue, FacadeLabels as Labels};
pub use radiosonde_metrics::__traits::{LabelValue, Labels};
#[cfg(feature = "compat")]
pub use radiosonde_metrics::compat;
#[cfg(feature = "prometheus")]
pub use radiosonde_metrics::{Absorbed, Adapter};
pub use radiosonde_metrics::{
    Buckets, Callback, Catalogue, CataloguedMetric, CollectedFamily, Collection, Collector, Counter, Declare,
    Dialect, Escaping, Exemplar, Family, FamilyInfo, Finding, FloatCounter, Format, Gauge, Held, Histogram,
    HistogramSample, Info, Instrument, IntGauge, InvalidBuckets, InvalidExemplar, InvalidName,
    InvalidNameKind, InvalidNative, InvalidRegistry, Kind, LabelSet, Lent, Native, NativeSample, Number,
    NumberSample, OVERFLOW, Problem, RegisterError, RegisterErrorKind, Registry, RegistryBuilder, Selection,
    StateSet, StatusClass, Summary, SummarySample, Timer, Vector, Visitor, lint,
};
pub use radiosonde_metrics::{Declarable, Lazy, RecordError, RecordErrorKind};
#[cfg(feature = "metrics-facade")]
pub use radiosonde_metrics::{FacadeBuilder, FacadeRecorder};
// What serves them.
#[cfg(feature = "tokio")]
pub use radiosonde_metrics::TokioRuntime;
pub use radiosonde_metrics::{
    Credentials, InvalidCredentials, ListenError, Listener, MetricsBody, MetricsFuture, MetricsService,
};
#[cfg(feature = "metrics-tls")]
pub use radiosonde_metrics::{InvalidTls, Tls};
