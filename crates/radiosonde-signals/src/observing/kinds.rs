//! The kinds of an observed function's errors, known from its return type.

use std::marker::PhantomData;

use crate::calling::observed::Returned;
use crate::operations::error_kind::{ErrorKind, listed_kind};

/// The type that a function under `#[observe]` returns, or the item of its stream.
#[doc(hidden)]
#[derive(Debug)]
pub struct ReturnType<R>(PhantomData<fn() -> R>);

impl<R> ReturnType<R> {
    pub const NEW: Self = Self(PhantomData);
}

/// The kinds of a `Result`'s error. Method resolution prefers it to the one below.
#[doc(hidden)]
pub trait KindsOfError {
    fn error_kinds(&self) -> &'static [&'static str];
}

/// Anything else has no kinds.
#[doc(hidden)]
pub trait KindsOfReturn {
    fn error_kinds(&self) -> &'static [&'static str];
}

impl<T, E: ErrorKind> KindsOfError for &ReturnType<Result<T, E>> {
    fn error_kinds(&self) -> &'static [&'static str] {
        E::KINDS
    }
}

impl<R> KindsOfReturn for ReturnType<R> {
    fn error_kinds(&self) -> &'static [&'static str] {
        &[]
    }
}

/// The kind of the error that was returned. Method resolution prefers it to the one below.
#[doc(hidden)]
pub trait HasErrorKind {
    fn error_kind(&self) -> Option<&'static str>;
}

/// Anything else has no kind.
#[doc(hidden)]
pub trait HasNoErrorKind {
    fn error_kind(&self) -> Option<&'static str>;
}

impl<T, E: ErrorKind> HasErrorKind for &Returned<'_, Result<T, E>> {
    fn error_kind(&self) -> Option<&'static str> {
        self.0.as_ref().err().and_then(listed_kind)
    }
}

impl<R> HasNoErrorKind for Returned<'_, R> {
    fn error_kind(&self) -> Option<&'static str> {
        None
    }
}
