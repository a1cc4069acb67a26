//! Golden signals of a service's own work: `radiosonde-signals`, with `#[observe]` for code that depends on the facade alone.

pub use radiosonde_macros::{FacadeErrorKind as ErrorKind, facade_observe as observe};
#[doc(hidden)]
pub use radiosonde_signals::__private;
pub use radiosonde_signals::__traits::ErrorKind;
pub use radiosonde_signals::{
    BoundedNames, BusinessMetric, BusinessMetricBuilder, BusinessMetricFamily, ClassifyErrors, Component,
    ComponentState, ConnectionNames, Connections, ConnectionsBuilder, DataPipeline, DataPipelineBuilder,
    Database, DatabaseBuilder, DatabaseNames, Dependency, DependencyBuilder, Ended, GoldenSignals, Limit,
    Messaging, MessagingBuilder, MessagingNames, Model, ModelBuilder, ModelNames, Operation,
    OperationBuilder, OperationFamily, OperationNames, PoolState, Record, Saturation, ScheduledJob,
    ScheduledJobBuilder, Series, Sessions, SessionsBuilder, SystemHealth, SystemHealthBuilder, UnitOfWork,
    annotate,
};
