use std::fmt::Display;

use tracing::Span;

use crate::ended::Ended;
use crate::observed::{observe_async, observe_sync};
use crate::operation::Operation;
use crate::running::Running;

/// Reads the outcome of work that returns a `Result`.
type ByResult<T, E> = fn(&Result<T, E>, &Span) -> Ended;

impl Operation {
    /// Runs work in the operation's span. It fails if it returns an error, which is formatted by `{:#}`.
    ///
    /// For work that cannot fail, use [`track`](Self::track).
    ///
    /// # Errors
    /// What `work` returned.
    pub fn run<T, E: Display>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        observe_sync(self, work, crate::observed::by_result)
    }

    /// Runs asynchronous work in the operation's span. It fails if it returns an error, and is aborted if the future is
    /// dropped before its end.
    ///
    /// The call begins when the future is first polled.
    pub fn run_async<F, T, E>(&self, work: F) -> Running<F, ByResult<T, E>>
    where
        F: Future<Output = Result<T, E>>,
        E: Display,
    {
        observe_async(self.clone(), work, crate::observed::by_result)
    }
}
