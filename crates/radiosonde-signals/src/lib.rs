#![doc = include_str!("../README.md")]

mod db_pool;
mod ended;
mod failure;
mod names;
mod observed;
mod operation;
mod record;
mod run;
mod running;
mod unit_of_work;

pub use db_pool::{DbPool, PoolState, QueryTimer};
pub use ended::Ended;
pub use operation::Operation;
/// Makes a function an [`Operation`]: every call is counted, timed, traced and logged by how it ended.
///
/// # Shape
/// On functions and methods: sync ones, `async fn`, those of `async_trait`, and those that return `impl Future` or a future in a
/// `Box`. Such a future is the call, from its first poll to its end. A `const fn` and a function without a body are refused.
///
/// The operation has the function's name, or the one of `#[observe(name = "...")]`. Names are those of the process: functions of one
/// name in two modules or types are one operation, and the second is reported to the diagnostics unless both have chosen the name.
/// Name them by what they do: `#[observe(name = "price_order")]`. Arguments are not recorded.
///
/// # Errors
/// A function that returns a `Result` fails with its `Err`; any other completes when it returns. An error's causes go to the line, as
/// `{message, chain}`, and to the status of the span. That takes an `Error`, a boxed one, or that of `anyhow` or `eyre`; any other
/// error is formatted by `{:#}`, if it can be. An error whose `Display` fails or panics is returned all the same.
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
pub use record::Record;
pub use running::Running;
pub use unit_of_work::UnitOfWork;

/// What `#[observe]` expands to. Not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::names::operation;
    pub use crate::observed::{
        EndsByBoxedError, EndsByError, EndsByResult, EndsByReturn, EndsBySentError, EndsByText, Returned,
        call_once, observe_async, observe_sync,
    };
}
