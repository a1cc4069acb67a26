use std::fmt::{self, Display};
use std::time::Duration;

use radiosonde_core::{Outcome, SpanContext, SpanEnder, survive};
use tracing::field::display;
use tracing::span::Id;
use tracing::{Dispatch, Span};

use crate::ended::Ended;
use crate::unit_of_work::UnitOfWork;

/// Records one unit of work: a call, a request, a job. Ends exactly once, at the latest when it is dropped.
///
/// # Shape
/// While it is open, the work counts as in flight. At its end one [`Ended`] and one duration feed, in this order: the counter, the status
/// of the span, the line, the end of the span, and the histogram, whose exemplar is the span. All agree, whatever the layers of the
/// subscriber do: one that panics at the line or the span loses that line or span, and the work goes on.
///
/// - Dropped without an end, the work was aborted: an early return by `?` is no success. While the thread unwinds, or after a part that
///   panicked in [`in_scope`](Self::in_scope), it has panicked.
/// - The span is exported at the end of the record, though a task that was spawned in it may go on. It can still be entered, for the
///   destructors of the work.
/// - Its status is set through the fields `otel.status_code` and `otel.status_description`: declare them in the span as empty. So it reaches
///   any layer that knows OpenTelemetry's fields. `error.type` and what the work [describes](UnitOfWork::describe) reach the layer of
///   `radiosonde-trace` only.
/// - Where no layer knows the span, the exemplar is the context that was current at the start.
///
/// # Cost
/// Three atomic additions, two readings of the clock, and the span, where a subscriber is interested in it. No allocation.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::Operation;
///
/// let registry = Registry::new();
/// let import = Operation::in_registry(&registry, "import")?;
/// let record = import.track();
/// record.span().in_scope(|| { /* what belongs to it */ });
/// record.complete();
/// drop(import.track());
/// assert!(registry.text().contains("operation_calls_total{operation=\"import\",outcome=\"completed\"} 1\n"));
/// assert!(registry.text().contains("operation_calls_total{operation=\"import\",outcome=\"aborted\"} 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[must_use = "a record that is dropped at once is of aborted work"]
pub struct Record<W: UnitOfWork> {
    work: W,
    span: Span,
    started: Duration,
    /// The context around the span.
    surrounding: Option<SpanContext>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Within a part of the work, or after one that panicked.
    InScope,
    Ended,
}

impl<W: UnitOfWork> Record<W> {
    /// Starts a record, whose span `open` makes.
    pub fn start(work: W, open: impl FnOnce(&W) -> Span) -> Self {
        // Before the span is made, so that nothing in the span comes after its end.
        let started = work.clock().monotonic();
        let span = open(&work);
        work.in_flight().inc();
        Self { work, span, started, surrounding: SpanContext::current(), state: State::Open }
    }

    /// The span: enter it for what belongs to the work, destructors included.
    #[must_use]
    pub const fn span(&self) -> &Span {
        &self.span
    }

    /// The work.
    #[must_use]
    pub const fn work(&self) -> &W {
        &self.work
    }

    /// The work, to be changed by what becomes known of it.
    pub const fn work_mut(&mut self) -> &mut W {
        &mut self.work
    }

    /// Runs a part of the work in the span. If it panics, the work has panicked, even if the panic is caught.
    pub fn in_scope<R>(&mut self, part: impl FnOnce() -> R) -> R {
        let before = self.state;
        if before == State::Open {
            self.state = State::InScope;
        }
        let returned = self.span.in_scope(part);
        self.state = before;
        returned
    }

    /// Ends the record: the work did what it was asked to do.
    pub fn complete(mut self) {
        self.end(Outcome::Completed);
    }

    /// Ends the record: the work failed. `error` is written to the span and the line, formatted by `{:#}`, with which `anyhow` and others
    /// include the causes.
    pub fn fail(mut self, error: impl Display) {
        self.end(Ended::by_display(&error));
    }

    /// Ends the record, if it is open. It can be kept for its span.
    pub fn end(&mut self, ended: impl Into<Ended>) {
        if self.state == State::Ended {
            return;
        }
        self.state = State::Ended;
        let took = self.work.clock().monotonic().saturating_sub(self.started);
        let ended = self.work.judge(ended.into()).after(took);
        self.work.counter(&ended).inc();
        if ended.is_error() {
            survive(|| self.set_status(&ended));
        }
        survive(|| self.work.line(&self.span, &ended));
        // The line is an event of the span, and the span's context the exemplar.
        let context = survive(|| self.end_span(&ended)).flatten().or(self.surrounding);
        self.work.duration().observe_in(took.as_secs_f64(), context.as_ref());
        self.work.in_flight().dec();
    }

    fn set_status(&self, ended: &Ended) {
        self.span.record("otel.status_code", "ERROR");
        if let Some(error) = ended.error() {
            self.span.record("otel.status_description", display(format_args!("{error:#}")));
        }
    }

    fn end_span(&self, ended: &Ended) -> Option<SpanContext> {
        let end = |(id, dispatch): (&Id, &Dispatch)| {
            dispatch.downcast_ref::<SpanEnder>()?.end(dispatch, id.into_u64(), ended.took(), |span| {
                if let Some(error_type) = ended.error_type() {
                    span.set_text("error.type", error_type);
                }
                self.work.describe(span);
            })
        };
        self.span.with_subscriber(end)?
    }
}

impl<W: UnitOfWork> Drop for Record<W> {
    fn drop(&mut self) {
        let outcome = match self.state {
            State::Ended => return,
            State::InScope => Outcome::Panicked,
            State::Open => Outcome::of_drop(),
        };
        // This may be an unwinding thread, which a second panic would abort.
        survive(|| self.end(outcome));
    }
}

impl<W: UnitOfWork + fmt::Debug> fmt::Debug for Record<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("work", &self.work).field("state", &self.state).finish_non_exhaustive()
    }
}
