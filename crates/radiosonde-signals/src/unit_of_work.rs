use radiosonde_core::{Clock, EndingSpan, SpanContext};
use tracing::Span;

use crate::ended::Ended;

/// What a [`Record`](crate::Record) needs of a kind of work: the series that count it, and its line.
///
/// For authors of middleware and of instrumented clients; a service's own work is an [`Operation`](crate::Operation).
pub trait UnitOfWork {
    /// The clock that measures durations.
    fn clock(&self) -> &dyn Clock;

    /// Counts the work as in flight.
    fn begin(&self);

    /// Counts the work and its duration, and that it is no longer in flight. Called once; `exemplar` is the context of its span.
    fn finish(&self, ended: &Ended, exemplar: Option<&SpanContext>);

    /// Writes the line: one event whose parent is `span`, at the level that [`Ended::level`] returns.
    fn line(&self, span: &Span, ended: &Ended);

    /// Corrects the outcome by details of the work, such as the status of a complete response. Default: no correction.
    #[must_use]
    fn adjust(&self, ended: Ended) -> Ended {
        ended
    }

    /// Adds attributes to the span at its end, besides `error.type`. Default: none.
    fn describe(&self, _span: &dyn EndingSpan) {}
}
