use std::any::Any;

use radiosonde_core::canonical::CanonicalSlot;
use radiosonde_core::{Clock, EndingSpan, Outcome, SpanContext};
use tracing::Span;

use crate::recording::ended::Ended;

/// What a [`Record`](crate::Record) needs of a kind of work: the series that count it, and its line.
///
/// For authors of middleware and of instrumented clients; a service's own work is an [`Operation`](crate::Operation).
pub trait UnitOfWork {
    /// The clock that measures durations.
    fn clock(&self) -> &dyn Clock;

    /// Counts the work as in flight.
    fn begin(&self);

    /// Runs code of the work within what it needs besides its span, such as the context of a caller. Default: nothing else.
    fn around<R>(&self, code: impl FnOnce() -> R) -> R {
        code()
    }

    /// Counts the work and its duration, and that it is no longer in flight. Called once; `exemplar` is the context of its span.
    fn finish(&self, ended: &Ended, exemplar: Option<&SpanContext>);

    /// Writes the line: one event whose parent is `span`, at the level that [`Ended::level`] returns. With the field
    /// `radiosonde.annotations = ended.annotations()`, its layers write the annotations.
    fn line(&self, span: &Span, ended: &Ended);

    /// Corrects the outcome by details of the work, such as the status of a complete response. Default: no correction.
    #[must_use]
    fn adjust(&self, ended: Ended) -> Ended {
        ended
    }

    /// The [kind](crate::ErrorKind) of an error, if its type is known; it is the error type of the work that failed with it. Default: not
    /// known.
    #[must_use]
    fn error_kind(&self, _error: &dyn Any) -> Option<&'static str> {
        None
    }

    /// Whether the [hint](radiosonde_core::canonical::CanonicalRecord::set_outcome_hint) of its canonical record may replace this
    /// outcome, of work that ended by itself. Default: if the work failed, because it may have survived a time limit of one of
    /// its parts.
    #[must_use]
    fn takes_hint(&self, ended: &Ended) -> bool {
        ended.outcome() == Outcome::Failed
    }

    /// The place of the work's canonical record, asked for before the span is made. Default: a record of its own only outside
    /// other work, and once it is annotated. A request has a record in any case.
    #[must_use]
    fn canonical(&self) -> CanonicalSlot {
        CanonicalSlot::vacant()
    }

    /// Adds attributes to the span at its end, besides `error.type`. Default: none.
    fn describe(&self, _span: &dyn EndingSpan) {}
}

impl<W: UnitOfWork> UnitOfWork for &W {
    fn clock(&self) -> &dyn Clock {
        (**self).clock()
    }

    fn begin(&self) {
        (**self).begin();
    }

    fn around<R>(&self, code: impl FnOnce() -> R) -> R {
        (**self).around(code)
    }

    fn finish(&self, ended: &Ended, exemplar: Option<&SpanContext>) {
        (**self).finish(ended, exemplar);
    }

    fn line(&self, span: &Span, ended: &Ended) {
        (**self).line(span, ended);
    }

    fn adjust(&self, ended: Ended) -> Ended {
        (**self).adjust(ended)
    }

    fn error_kind(&self, error: &dyn Any) -> Option<&'static str> {
        (**self).error_kind(error)
    }

    fn takes_hint(&self, ended: &Ended) -> bool {
        (**self).takes_hint(ended)
    }

    fn canonical(&self) -> CanonicalSlot {
        (**self).canonical()
    }

    fn describe(&self, span: &dyn EndingSpan) {
        (**self).describe(span);
    }
}
