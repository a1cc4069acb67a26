use std::fmt::Display;

use radiosonde_core::Outcome;

use crate::calling::observed::{end_by, observe_async, observe_sync};
use crate::operations::operation::Operation;
use crate::recording::record::{Record, failed};

impl Operation {
    /// Runs work in the operation's span. It fails if it returns an error, which is formatted by `{:#}` and counted by its
    /// [kind](crate::ErrorKind).
    ///
    /// # Errors
    /// What `work` returned.
    pub fn run<T, E: Display + 'static>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let mut record = self.track_borrowed();
        let returned = record.in_scope(work);
        record.end(end_by(&returned, |error| failed(self, error)));
        returned
    }

    /// Runs asynchronous work in the operation's span. It fails if it returns an error, and is aborted if the future is
    /// dropped before its end.
    ///
    /// The call begins when the future is first polled.
    pub fn run_async<F, T, E>(&self, work: F) -> impl Future<Output = Result<T, E>> + use<F, T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: Display + 'static,
    {
        observe_async(self.clone(), work, |returned: &Result<T, E>, record: &Record<Self>| {
            end_by(returned, |error| failed(record.work(), error))
        })
    }

    /// Runs work that cannot fail in the operation's span.
    pub fn run_infallible<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut record = self.track_borrowed();
        let returned = record.in_scope(work);
        record.end(Outcome::Completed);
        returned
    }

    /// Runs asynchronous work that cannot fail in the operation's span; it is aborted if the future is dropped before its end.
    pub fn run_infallible_async<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        observe_async(self.clone(), work, |_: &_, _: &_| Outcome::Completed.into())
    }
}

impl Record<Operation> {
    /// Runs the work in its span and ends it: it fails if it returns an error, as in [`Operation::run`].
    ///
    /// # Errors
    /// What `work` returned.
    pub fn run<T, E: Display + 'static>(self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        observe_sync(self, work, |returned, record| end_by(returned, |error| failed(record.work(), error)))
    }

    /// Runs asynchronous work in its span and ends it, as [`Operation::run_async`] does. The call has begun already.
    pub fn run_async<F, T, E>(self, work: F) -> impl Future<Output = Result<T, E>> + use<F, T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: Display + 'static,
    {
        observe_async(self, work, |returned: &Result<T, E>, record: &Self| {
            end_by(returned, |error| failed(record.work(), error))
        })
    }
}
