//! Operations and database pools: `radiosonde-signals`, with `#[observe]` for code that depends on the facade alone.

pub use radiosonde_macros::facade_observe as observe;
#[doc(hidden)]
pub use radiosonde_signals::__private;
pub use radiosonde_signals::{
    DbPool, DbPoolBuilder, Ended, Operation, PoolState, QueryTimer, Record, Running, UnitOfWork, annotate,
};
