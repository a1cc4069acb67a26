use std::ops::Deref;

use radiosonde_core::{Clock, EndingSpan};
use radiosonde_metrics::{Counter, Histogram, IntGauge};
use tracing::Span;

use crate::ended::Ended;

/// What a [`Record`](crate::Record) needs of a kind of work: the series that count it, and its line.
///
/// For authors of middleware and of instrumented clients; a service's own work is an [`Operation`](crate::Operation).
pub trait UnitOfWork {
    /// The clock that measures durations.
    fn clock(&self) -> &dyn Clock;

    /// The gauge of work in progress.
    fn in_flight(&self) -> &IntGauge;

    /// The counter for this outcome.
    fn counter(&self, ended: &Ended) -> impl Deref<Target = Counter>;

    /// The histogram of durations.
    fn duration(&self) -> impl Deref<Target = Histogram>;

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
