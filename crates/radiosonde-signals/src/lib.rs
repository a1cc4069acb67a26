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

pub use db_pool::{DbPool, DbPoolBuilder, PoolState, QueryTimer};
pub use ended::Ended;
pub use operation::Operation;
/// Makes a function an [`Operation`]: every call is counted, timed, traced and logged with its outcome.
///
/// # Shape
/// It applies to functions and methods: sync ones, `async fn`, those of `async_trait`, and those that return `impl Future`
/// or a boxed future. Such a future is the call, from its first poll to its end. A `const fn` or a function without a body
/// is an error.
///
/// The operation has the function's name, or the one of `#[observe(name = "...")]`. Names are global to the process: two
/// functions with the same name share one operation, and the second is reported to the diagnostics unless both chose the
/// name. Choose names by what the functions do: `#[observe(name = "price_order")]`. Arguments are not recorded.
///
/// # Errors
/// A function that returns a `Result` fails with its `Err`; any other completes when it returns. The error's causes go to
/// the line, as `{message, chain}`, and to the status of the span, if the error is an `Error`, a boxed one, or one of
/// `anyhow` or `eyre`. Any other error is formatted by `{:#}`, if it can be. An error whose `Display` fails or panics is
/// still returned.
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

/// Support for the expansion of `#[observe]`. Not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::names::operation;
    pub use crate::observed::{
        EndsByBoxedError, EndsByError, EndsByResult, EndsByReturn, EndsBySentError, EndsByText, Returned,
        call_once, observe_async, observe_sync,
    };
}
