//! How a call ended, read from what it returned.

use std::fmt::Display;

use radiosonde_core::Outcome;

use crate::{Operation, Running, Tracked};

/// What a call amounted to.
#[doc(hidden)]
#[derive(Debug)]
pub struct Ended {
    outcome: Outcome,
    error: Option<String>,
}

impl Ended {
    const COMPLETED: Self = Self { outcome: Outcome::Completed, error: None };

    pub(crate) fn by_result<T, E: Display>(returned: &Result<T, E>) -> Self {
        match returned {
            Ok(_) => Self::COMPLETED,
            Err(error) => Self { outcome: Outcome::Failed, error: Some(error.to_string()) },
        }
    }

    pub(crate) fn end(self, call: Tracked) {
        call.end(self.outcome, self.error.as_ref().map(|error| error as &dyn Display));
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

/// What a function under `#[observe]` returned. Method resolution tries the three traits below in the order of how many
/// references they need: a `Result` whose error can be shown, any other `Result`, anything else.
#[doc(hidden)]
#[derive(Debug)]
pub struct Returned<'a, R>(pub &'a R);

#[doc(hidden)]
pub trait EndsByError {
    fn ending(&self) -> Ended;
}

#[doc(hidden)]
pub trait EndsByResult {
    fn ending(&self) -> Ended;
}

#[doc(hidden)]
pub trait EndsByReturn {
    fn ending(&self) -> Ended;
}

impl<T, E: Display> EndsByError for &&Returned<'_, Result<T, E>> {
    fn ending(&self) -> Ended {
        Ended::by_result(self.0)
    }
}

impl<T, E> EndsByResult for &Returned<'_, Result<T, E>> {
    fn ending(&self) -> Ended {
        match self.0 {
            Ok(_) => Ended::COMPLETED,
            Err(_) => Ended { outcome: Outcome::Failed, error: None },
        }
    }
}

impl<R> EndsByReturn for Returned<'_, R> {
    fn ending(&self) -> Ended {
        Ended::COMPLETED
    }
}
