//! Reads the outcome of a call from its return value.

use std::error::Error;
use std::fmt::Display;

use futures_core::Stream;
use radiosonde_core::Outcome;

use crate::calling::call::Start;
use crate::calling::running::Running;
use crate::calling::streaming::Streaming;
use crate::operations::operation::Operation;
use crate::recording::ended::Ended;
use crate::recording::record::Record;

fn by_text<T, E: Display>(returned: &Result<T, E>) -> Ended {
    end_by(returned, |error| Ended::by_display(error))
}

pub(crate) fn end_by<'r, T, E>(returned: &'r Result<T, E>, failed: impl FnOnce(&'r E) -> Ended) -> Ended {
    returned.as_ref().err().map_or_else(|| Outcome::Completed.into(), failed)
}

#[doc(hidden)]
pub fn observe_sync<R>(
    begin: impl Start,
    work: impl FnOnce() -> R,
    ended: impl FnOnce(&R, &Record<Operation>) -> Ended,
) -> R {
    let mut record = begin.start();
    let returned = record.in_scope(work);
    let ended = ended(&returned, &record);
    record.end(ended);
    returned
}

#[doc(hidden)]
pub fn observe_async<B, F, E>(begin: B, work: F, ended: E) -> Running<F, E, B>
where
    B: Start,
    F: Future,
    E: FnOnce(&F::Output, &Record<Operation>) -> Ended,
{
    Running::new(begin, work, ended)
}

#[doc(hidden)]
pub fn observe_stream<B, S, E>(begin: B, work: S, ended: E) -> Streaming<S, E, B>
where
    B: Start,
    S: Stream,
    E: FnMut(&S::Item, &Record<Operation>) -> Ended,
{
    Streaming::new(begin, work, ended)
}

/// Calls a closure once, so that the closure may move out of its captures.
#[doc(hidden)]
pub fn call_once<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// The return value of a function under `#[observe]`. Method resolution tries the traits below in the order of how many
/// references they need.
#[doc(hidden)]
#[derive(Debug)]
pub struct Returned<'a, R>(pub &'a R);

/// A `Result` whose error is an `Error`.
#[doc(hidden)]
pub trait EndsByError {
    fn ended(&self) -> Ended;
}

/// A `Result` whose error converts to a sendable `Error`: those of `anyhow` and `eyre`, and a boxed one.
#[doc(hidden)]
pub trait EndsBySentError {
    fn ended(&self) -> Ended;
}

/// A `Result` whose error is a boxed `Error`.
#[doc(hidden)]
pub trait EndsByBoxedError {
    fn ended(&self) -> Ended;
}

/// A `Result` whose error is `Display`.
#[doc(hidden)]
pub trait EndsByText {
    fn ended(&self) -> Ended;
}

/// Any other `Result`.
#[doc(hidden)]
pub trait EndsByResult {
    fn ended(&self) -> Ended;
}

/// Anything else.
#[doc(hidden)]
pub trait EndsByReturn {
    fn ended(&self) -> Ended;
}

impl<T, E: Error> EndsByError for &&&&&Returned<'_, Result<T, E>> {
    fn ended(&self) -> Ended {
        end_by(self.0, |error| Ended::by_error(error))
    }
}

impl<'e, T, E: AsRef<dyn Error + Send + Sync + 'e>> EndsBySentError for &&&&Returned<'_, Result<T, E>> {
    fn ended(&self) -> Ended {
        end_by(self.0, |error| Ended::by_error(error.as_ref()))
    }
}

impl<'e, T, E: AsRef<dyn Error + 'e>> EndsByBoxedError for &&&Returned<'_, Result<T, E>> {
    fn ended(&self) -> Ended {
        end_by(self.0, |error| Ended::by_error(error.as_ref()))
    }
}

impl<T, E: Display> EndsByText for &&Returned<'_, Result<T, E>> {
    fn ended(&self) -> Ended {
        by_text(self.0)
    }
}

impl<T, E> EndsByResult for &Returned<'_, Result<T, E>> {
    fn ended(&self) -> Ended {
        end_by(self.0, |_| Outcome::Failed.into())
    }
}

impl<R> EndsByReturn for Returned<'_, R> {
    fn ended(&self) -> Ended {
        Outcome::Completed.into()
    }
}
