//! The hooks of `#[observe(err = ..., ok = ...)]`. They run in the call's span, before it ends.

use radiosonde_core::survive;
use tracing::Span;

use crate::calling::observed::Returned;
use crate::recording::ended::Ended;

/// A return value that may be an error.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`err` is called with the error of a `Result`, but the observed function returns `{Self}`",
    label = "expected `Result<T, E>`",
    note = "for a value of any type, use `ok = path`"
)]
pub trait Fallible {
    type Error;

    fn error(&self) -> Option<&Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Error = E;

    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }
}

#[doc(hidden)]
pub fn error_of<R: Fallible>(returned: &R) -> Option<&R::Error> {
    returned.error()
}

/// The value of a `Result`. Method resolution prefers it to the one below.
#[doc(hidden)]
pub trait OkOfResult<'r> {
    type Ok;

    fn ok_value(&self) -> Option<&'r Self::Ok>;
}

/// Anything else is its own value.
#[doc(hidden)]
pub trait OkOfReturn<'r> {
    type Ok;

    fn ok_value(&self) -> Option<&'r Self::Ok>;
}

impl<'r, T, E> OkOfResult<'r> for &Returned<'r, Result<T, E>> {
    type Ok = T;

    fn ok_value(&self) -> Option<&'r T> {
        self.0.as_ref().ok()
    }
}

impl<'r, R> OkOfReturn<'r> for Returned<'r, R> {
    type Ok = R;

    fn ok_value(&self) -> Option<&'r R> {
        Some(self.0)
    }
}

/// What an `err` hook returns.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "an `err` hook returns `()` or the error's type as `&'static str`, not `{Self}`"
)]
pub trait NamesError {
    fn error_type(self) -> Option<&'static str>;
}

impl NamesError for () {
    fn error_type(self) -> Option<&'static str> {
        None
    }
}

impl NamesError for &'static str {
    fn error_type(self) -> Option<&'static str> {
        Some(self)
    }
}

/// Runs the `err` hook. A panic in it loses what it would have recorded, not the call's result.
#[doc(hidden)]
pub fn on_error<R: NamesError>(span: &Span, hook: impl FnOnce() -> R) -> Option<&'static str> {
    survive(|| span.in_scope(hook).error_type()).flatten()
}

/// Runs the `ok` hook; a panic as in [`on_error`].
#[doc(hidden)]
pub fn on_ok(span: &Span, hook: impl FnOnce()) {
    let _ = survive(|| span.in_scope(hook));
}

/// Sets the error type that an `err` hook returned.
#[doc(hidden)]
#[must_use]
pub const fn named(ended: Ended, error_type: Option<&'static str>) -> Ended {
    match error_type {
        Some(name) => ended.with_error_type(name),
        None => ended,
    }
}
