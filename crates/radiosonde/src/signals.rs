//! Golden signals of a service's own work: `radiosonde-signals`, with `#[observe]` for code that depends on the facade alone.

pub use radiosonde_macros::facade_observe as observe;
#[doc(hidden)]
pub use radiosonde_signals::__private;
pub use radiosonde_signals::{
    BoundedNames, ClassifyErrors, Database, DatabaseBuilder, DatabaseNames, Dependency, DependencyBuilder,
    Ended, ErrorKind, GoldenSignals, Limit, Operation, OperationBuilder, OperationFamily, OperationNames,
    PoolState, Record, Saturation, Series, UnitOfWork, annotate,
};
