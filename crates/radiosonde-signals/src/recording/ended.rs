use std::error::Error;
use std::fmt::Display;
use std::time::Duration;

use radiosonde_core::Outcome;
use radiosonde_core::canonical::{AnnotationValue, Annotations, CanonicalRecord};
use tracing::Level;
use tracing::field::{DebugValue, debug};
use tracing::level_filters::LevelFilter;

use crate::recording::failure::Failure;

/// The error type of a failure without a name.
pub(crate) const UNNAMED: &str = "_OTHER";

/// The outcome of a unit of work and its time: the source of all its signals.
///
/// # Shape
/// Created from an [`Outcome`]. The error type is OpenTelemetry's `error.type`: none for completed work, `aborted`, `panic`,
/// `timeout`, `shed`, and `_OTHER` for a failure, unless [`with_error_type`](Self::with_error_type) names it. Completed work
/// may have one as well, such as a client call that was answered with 404.
///
/// ```
/// use radiosonde_core::Outcome;
/// use radiosonde_signals::Ended;
///
/// let refused = Ended::from(Outcome::Failed).with_error_type("connection_refused");
/// assert!(refused.is_error());
/// assert_eq!(Ended::from(Outcome::Aborted).error_type(), Some("aborted"));
/// ```
#[derive(Debug)]
pub struct Ended {
    outcome: Outcome,
    error_type: Option<&'static str>,
    failure: Option<Failure>,
    took: Duration,
    canonical: Option<CanonicalRecord>,
}

impl Ended {
    /// Failed with an error, whose causes are kept.
    pub(crate) fn by_error(error: &dyn Error) -> Self {
        Self::by(|| Failure::of_error(error))
    }

    /// Failed with a displayable value.
    pub(crate) fn by_display(error: &dyn Display) -> Self {
        Self::by(|| Failure::of_display(error))
    }

    fn by(failure: impl FnOnce() -> Failure) -> Self {
        // Without a subscriber that takes the line, nobody reads the texts of the error.
        let failure = (LevelFilter::current() >= Level::ERROR).then(failure);
        Self { failure, ..Self::from(Outcome::Failed) }
    }

    /// Names the error. The set of names must be bounded, as OpenTelemetry requires of `error.type`.
    #[must_use]
    pub const fn with_error_type(mut self, name: &'static str) -> Self {
        self.error_type = Some(name);
        self
    }

    /// Without the texts of the error.
    pub(crate) fn without_error(self) -> Self {
        Self { failure: None, ..self }
    }

    pub(crate) const fn after(mut self, took: Duration) -> Self {
        self.took = took;
        self
    }

    /// Ends the canonical record, whose hint replaces the outcome of work that takes it and ended by itself, and is its error type
    /// unless it has another.
    pub(crate) fn with_canonical(mut self, record: Option<CanonicalRecord>, takes_hint: bool) -> Self {
        if let Some(record) = &record {
            record.end();
            let ended_by_itself = matches!(self.outcome, Outcome::Completed | Outcome::Failed);
            if let Some(hint) = record.outcome_hint().filter(|_| takes_hint && ended_by_itself) {
                let implied = Self::from(hint).error_type;
                (self.outcome, self.error_type) = (hint, self.error_type.or(implied));
            }
        }
        self.canonical = record;
        self
    }

    /// The canonical record, which has ended, if the work had one of its own.
    #[must_use]
    pub const fn canonical(&self) -> Option<&CanonicalRecord> {
        self.canonical.as_ref()
    }

    /// The value of an annotation.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<AnnotationValue<'_>> {
        self.canonical.as_ref()?.annotations()?.get(key)
    }

    /// All annotations, for the field `radiosonde.annotations` of the line; `None` if there are none.
    #[must_use]
    pub fn annotations(&self) -> Option<DebugValue<&Annotations>> {
        self.canonical.as_ref()?.annotations().filter(|annotations| !annotations.is_empty()).map(debug)
    }

    pub(crate) fn each_annotation(&self) -> impl Iterator<Item = (&'static str, AnnotationValue<'_>)> {
        self.canonical.iter().filter_map(CanonicalRecord::annotations).flat_map(Annotations::iter)
    }

    /// The outcome.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The error type.
    #[must_use]
    pub const fn error_type(&self) -> Option<&'static str> {
        self.error_type
    }

    /// The error with its causes, if it was given and there is a subscriber to read it.
    #[must_use]
    pub fn error(&self) -> Option<&(dyn Error + 'static)> {
        self.failure.as_ref().map(|failure| failure as _)
    }

    /// The time since the start.
    #[must_use]
    pub const fn took(&self) -> Duration {
        self.took
    }

    /// The time since the start in milliseconds, as in log lines.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "285 years of microseconds are exact")]
    pub fn duration_ms(&self) -> f64 {
        // Whole microseconds: finer digits are noise.
        self.took.as_micros() as f64 / 1000.0
    }

    /// Whether the span has the status of an error: if there is an error type, unless the work was aborted. A client that
    /// disconnects is not a failure of the service.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.error_type.is_some() && self.outcome != Outcome::Aborted
    }

    /// The level of the line: ERROR for a panic, WARN for an abort, `failed` for work that timed out or was shed, otherwise
    /// `failed` or `completed`, by [`is_error`](Self::is_error).
    #[must_use]
    pub fn level(&self, completed: Level, failed: Level) -> Level {
        match self.outcome {
            Outcome::Panicked => Level::ERROR,
            Outcome::Aborted => Level::WARN,
            Outcome::TimedOut | Outcome::Shed => failed,
            _ if self.is_error() => failed,
            _ => completed,
        }
    }
}

impl From<Outcome> for Ended {
    fn from(outcome: Outcome) -> Self {
        let error_type = match outcome {
            Outcome::Completed => None,
            Outcome::Aborted => Some("aborted"),
            Outcome::Panicked => Some("panic"),
            Outcome::TimedOut => Some("timeout"),
            Outcome::Shed => Some("shed"),
            _ => Some(UNNAMED),
        };
        Self { outcome, error_type, failure: None, took: Duration::ZERO, canonical: None }
    }
}
