//! What happened, as the work itself saw it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use radiosonde_metrics::Registry;
use radiosonde_signals::{ErrorKind, GoldenSignals};

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
    /// Whether its span continues a trace from elsewhere.
    pub(crate) is_continued: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Pages>>);

#[derive(Debug, Default)]
struct Pages {
    ended: Vec<Entry>,
    /// The work that has begun and not ended.
    open: Vec<Work>,
    in_flight: Vec<InFlight>,
}

/// How many calls of an operation were open when one of them began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InFlight {
    pub(crate) name: &'static str,
    /// As the work knows it.
    pub(crate) open: usize,
    /// As the gauge has it.
    pub(crate) gauge: f64,
}

impl Ledger {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.pages().ended.clone()
    }

    pub(crate) fn in_flight(&self) -> Vec<InFlight> {
        self.pages().in_flight.clone()
    }

    /// A call begins.
    pub(crate) fn begins(&self, work: Work) -> Witness {
        let mut pages = self.pages();
        pages.open.push(work);
        let name = work.name();
        let open = pages.open.iter().filter(|open| open.name() == name).count();
        // Read under the lock: the calls that are open now stay open meanwhile.
        let signals = GoldenSignals::of(Registry::global());
        let signals = signals.iter().find(|signals| signals.name() == name);
        let gauge = signals
            .and_then(GoldenSignals::saturation)
            .map_or(f64::NAN, |saturation| saturation.in_use().sum(&Registry::global().snapshot()));
        pages.in_flight.push(InFlight { name, open, gauge });
        Witness { ledger: self.clone(), work, ended: None, is_continued: false }
    }
}

/// A part of the work that sees how it ends: dropped without a word, it was cancelled, or it panicked.
pub(crate) struct Witness {
    ledger: Ledger,
    work: Work,
    ended: Option<(&'static str, Option<&'static str>)>,
    is_continued: bool,
}

impl Witness {
    /// The span of the call continues a trace from elsewhere.
    pub(crate) const fn continues(mut self) -> Self {
        self.is_continued = true;
        self
    }

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
        let entry = Entry { work: self.work, outcome, kind, is_continued: self.is_continued };
        let mut pages = self.ledger.pages();
        if let Some(at) = pages.open.iter().position(|open| *open == self.work) {
            pages.open.swap_remove(at);
        }
        pages.ended.push(entry);
    }
}

/// The payload of a planned panic.
pub(crate) struct AsMeant;
