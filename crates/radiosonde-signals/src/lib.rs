#![doc = include_str!("../README.md")]

mod db_pool;
mod observed;
mod operation;
mod running;
mod tracked;

pub use db_pool::{DbPool, PoolState, QueryTimer};
pub use operation::Operation;
/// Makes a function an [`Operation`]: every call is counted, timed, traced and logged by how it ended.
///
/// On sync and async functions. The operation is called like the function, or as `#[observe(name = "...")]` says. A function
/// that returns a `Result` fails with its `Err`, whose text goes to the span and the line if it has one; any other function
/// completes when it returns. Arguments are not recorded.
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
pub use radiosonde_macros::observe;
pub use running::Running;
pub use tracked::Tracked;

/// What `#[observe]` expands to. Not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::observed::{
        EndsByError, EndsByResult, EndsByReturn, Returned, observe_async, observe_sync,
    };
}
