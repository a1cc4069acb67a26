//! A call of an operation whose work is polled: not begun, open, or ended.

use std::fmt;

use tracing::Span;

use crate::operations::operation::Operation;
use crate::recording::record::Record;

/// Starts the record of a call.
#[doc(hidden)]
pub trait Start {
    /// Called at the first poll.
    fn start(self) -> Record<Operation>;
}

impl Start for Operation {
    fn start(self) -> Record<Operation> {
        self.track()
    }
}

impl Start for &Operation {
    fn start(self) -> Record<Operation> {
        self.track()
    }
}

/// A call that has begun already.
impl Start for Record<Operation> {
    fn start(self) -> Record<Operation> {
        self
    }
}

/// A call whose span has fields of its own.
#[doc(hidden)]
#[derive(Debug)]
pub struct Opening<'o, O> {
    operation: &'o Operation,
    open: O,
}

impl<O: FnOnce(&Operation) -> Span> Start for Opening<'_, O> {
    fn start(self) -> Record<Operation> {
        Record::start(self.operation.clone(), self.open)
    }
}

/// A call whose span `open` creates, to be [started](Start::start) now or at the first poll.
#[doc(hidden)]
pub const fn opening<O: FnOnce(&Operation) -> Span>(operation: &Operation, open: O) -> Opening<'_, O> {
    Opening { operation, open }
}

/// Starts a call whose span `open` creates.
#[doc(hidden)]
pub fn start(operation: &Operation, open: impl FnOnce(&Operation) -> Span) -> Record<Operation> {
    opening(operation, open).start()
}

/// Where a call is, between its creation and its end.
pub(crate) enum Call<B> {
    Waiting(B),
    Open(Record<Operation>),
    Ended,
}

impl<B: Start> Call<B> {
    /// The record, started now if it was waiting; `None` after the end.
    pub(crate) fn record(&mut self) -> Option<&mut Record<Operation>> {
        if matches!(self, Self::Waiting(_))
            && let Self::Waiting(begin) = std::mem::replace(self, Self::Ended)
        {
            *self = Self::Open(begin.start());
        }
        match self {
            Self::Open(record) => Some(record),
            Self::Waiting(_) | Self::Ended => None,
        }
    }
}

impl<B> Call<B> {
    /// Takes the record of a call that is open.
    pub(crate) fn take(&mut self) -> Option<Record<Operation>> {
        match std::mem::replace(self, Self::Ended) {
            Self::Open(record) => Some(record),
            Self::Waiting(_) | Self::Ended => None,
        }
    }
}

impl<B> fmt::Debug for Call<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting(_) => f.write_str("Waiting"),
            Self::Open(record) => f.debug_tuple("Open").field(record).finish(),
            Self::Ended => f.write_str("Ended"),
        }
    }
}
