//! What happened, as the work itself saw it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use radiosonde_signals::ErrorKind;

use crate::plan::{End, Work};

#[derive(Debug, ErrorKind)]
pub(crate) enum WorkError {
    Refused,
    Broken(u8),
    #[error_kind(other)]
    Unforeseen,
}

impl fmt::Display for WorkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("refused"),
            Self::Broken(code) => write!(f, "broken by {code}"),
            Self::Unforeseen => f.write_str("unforeseen"),
        }
    }
}

/// How one call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) work: Work,
    pub(crate) outcome: &'static str,
    /// That of the error, if it is one.
    pub(crate) kind: Option<&'static str>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Vec<Entry>>>);

impl Ledger {
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A call begins.
    pub(crate) fn begins(&self, work: Work) -> Witness {
        Witness { ledger: self.clone(), work, ended: None }
    }
}

/// A part of the work that sees how it ends: dropped without a word, it was cancelled, or it panicked.
pub(crate) struct Witness {
    ledger: Ledger,
    work: Work,
    ended: Option<(&'static str, Option<&'static str>)>,
}

impl Witness {
    /// The work ends as planned, unless it panics here.
    pub(crate) fn end(mut self, end: End) -> Result<(), WorkError> {
        let error = match end {
            End::Panic => std::panic::panic_any(AsMeant),
            End::Ok | End::Abandoned => {
                self.ended = Some(("completed", None));
                return Ok(());
            }
            End::Refused => WorkError::Refused,
            End::Broken => WorkError::Broken(3),
            End::Unforeseen => WorkError::Unforeseen,
        };
        let kind = match error {
            WorkError::Refused if self.work != Work::Plain => "refused",
            WorkError::Broken(_) if self.work != Work::Plain => "broken",
            _ => "other",
        };
        self.ended = Some(("failed", Some(kind)));
        Err(error)
    }

    /// The guard of the work is dropped.
    pub(crate) fn abandon(mut self) {
        self.ended = Some(("aborted", None));
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let unseen = if std::thread::panicking() { ("panicked", Some("panic")) } else { ("aborted", None) };
        let (outcome, kind) = self.ended.unwrap_or(unseen);
        let entry = Entry { work: self.work, outcome, kind };
        self.ledger.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }
}

/// The payload of a planned panic.
pub(crate) struct AsMeant;
