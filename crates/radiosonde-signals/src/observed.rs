//! How a call ended, read from what it returned.

use std::error::Error;
use std::fmt::Display;

use radiosonde_core::Outcome;

use crate::failure::Failure;
use crate::{Operation, Running, Tracked};

/// What a call amounted to.
#[doc(hidden)]
#[derive(Debug)]
pub struct Ended {
    outcome: Outcome,
    failure: Option<Failure>,
}

impl Ended {
    const COMPLETED: Self = Self { outcome: Outcome::Completed, failure: None };

    const fn failed(failure: Option<Failure>) -> Self {
        Self { outcome: Outcome::Failed, failure }
    }

    pub(crate) fn by_result<T, E: Display>(returned: &Result<T, E>) -> Self {
        returned
            .as_ref()
            .err()
            .map_or(Self::COMPLETED, |error| Self::failed(Some(Failure::of_display(error))))
    }

    fn by_error<'e, T, E>(returned: &'e Result<T, E>, error: impl FnOnce(&'e E) -> &'e dyn Error) -> Self {
        let failed = |returned| Self::failed(Some(Failure::of_error(error(returned))));
        returned.as_ref().err().map_or(Self::COMPLETED, failed)
    }

    pub(crate) fn end(self, call: Tracked) {
        call.end(self.outcome, self.failure.as_ref());
    }
}

#[doc(hidden)]
pub fn observe_sync<R>(
    operation: &Operation,
    work: impl FnOnce() -> R,
    ending: impl FnOnce(&R) -> Ended,
) -> R {
    let call = operation.track();
    let returned = call.span().in_scope(work);
    ending(&returned).end(call);
    returned
}

#[doc(hidden)]
pub fn observe_async<F, E>(operation: &Operation, work: F, ending: E) -> Running<F, E>
where
    F: Future,
    E: FnOnce(&F::Output) -> Ended,
{
    Running::new(operation.clone(), work, ending)
}

/// Calls a closure that is called once, and may therefore hand out what it has captured.
#[doc(hidden)]
pub fn call_once<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// What a function under `#[observe]` returned. Method resolution tries the traits below in the order of how many references they
/// need.
#[doc(hidden)]
#[derive(Debug)]
pub struct Returned<'a, R>(pub &'a R);

/// A `Result` whose error is an `Error`.
#[doc(hidden)]
pub trait EndsByError {
    fn ending(&self) -> Ended;
}

/// A `Result` whose error holds an `Error` that can be sent: those of `anyhow` and `eyre`, and a boxed one.
#[doc(hidden)]
pub trait EndsBySentError {
    fn ending(&self) -> Ended;
}

/// A `Result` whose error is a boxed `Error`.
#[doc(hidden)]
pub trait EndsByBoxedError {
    fn ending(&self) -> Ended;
}

/// A `Result` whose error can be shown.
#[doc(hidden)]
pub trait EndsByText {
    fn ending(&self) -> Ended;
}

/// Any other `Result`.
#[doc(hidden)]
pub trait EndsByResult {
    fn ending(&self) -> Ended;
}

/// Anything else.
#[doc(hidden)]
pub trait EndsByReturn {
    fn ending(&self) -> Ended;
}

impl<T, E: Error> EndsByError for &&&&&Returned<'_, Result<T, E>> {
    fn ending(&self) -> Ended {
        Ended::by_error(self.0, |error| error)
    }
}

impl<'e, T, E: AsRef<dyn Error + Send + Sync + 'e>> EndsBySentError for &&&&Returned<'_, Result<T, E>> {
    fn ending(&self) -> Ended {
        Ended::by_error(self.0, |error| error.as_ref())
    }
}

impl<'e, T, E: AsRef<dyn Error + 'e>> EndsByBoxedError for &&&Returned<'_, Result<T, E>> {
    fn ending(&self) -> Ended {
        Ended::by_error(self.0, |error| error.as_ref())
    }
}

impl<T, E: Display> EndsByText for &&Returned<'_, Result<T, E>> {
    fn ending(&self) -> Ended {
        Ended::by_result(self.0)
    }
}

impl<T, E> EndsByResult for &Returned<'_, Result<T, E>> {
    fn ending(&self) -> Ended {
        self.0.as_ref().err().map_or(Ended::COMPLETED, |_| Ended::failed(None))
    }
}

impl<R> EndsByReturn for Returned<'_, R> {
    fn ending(&self) -> Ended {
        Ended::COMPLETED
    }
}
