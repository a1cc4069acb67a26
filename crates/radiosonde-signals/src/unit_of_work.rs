use std::ops::Deref;

use radiosonde_core::{Clock, EndingSpan};
use radiosonde_metrics::{Counter, Histogram, IntGauge};
use tracing::Span;

use crate::ended::Ended;

/// A kind of work as its [`Record`](crate::Record) sees it: which series count it, and what its line contains.
///
/// For authors of middleware and of instrumented clients; a service's own work is an [`Operation`](crate::Operation).
pub trait UnitOfWork {
    /// The clock that measures durations.
    fn clock(&self) -> &dyn Clock;

    /// The gauge of the work that is in progress.
    fn in_flight(&self) -> &IntGauge;

    /// The counter of the work that ended like this.
    fn counter(&self, ended: &Ended) -> impl Deref<Target = Counter>;

    /// The histogram of durations.
    fn duration(&self) -> impl Deref<Target = Histogram>;

    /// Writes the line: one event whose parent is `span`, of the level that [`Ended::level`] gives.
    fn line(&self, span: &Span, ended: &Ended);

    /// Corrects the end by what is known of the work, such as the status of a response that was complete. Default: no correction.
    #[must_use]
    fn judge(&self, ended: Ended) -> Ended {
        ended
    }

    /// Adds attributes to the span at its end, beside `error.type`. Default: none.
    fn describe(&self, _span: &dyn EndingSpan) {}
}
