use std::fmt::{self, Display};
use std::time::Duration;

use radiosonde_core::canonical::{CanonicalRecord, CanonicalSlot, with_line};
use radiosonde_core::{Outcome, SpanContext, SpanEnder, survive};
use tracing::field::display;
use tracing::span::Id;
use tracing::{Dispatch, Span};

use crate::recording::ended::Ended;
use crate::recording::unit_of_work::UnitOfWork;

/// Records one unit of work: a call, a request, a job. Ends exactly once, at the latest when it is dropped.
///
/// # Shape
/// While it is open, the work counts as in flight. At its end, one [`Ended`] with one duration feeds, in this order: the
/// status of the span, the line, the end of the span, and the metrics, whose exemplar is the span. All agree,
/// whatever the layers of the subscriber do: a layer that panics at the line or the span loses that line or span, and the
/// work continues.
///
/// - A record dropped without an end counts as aborted: an early return by `?` is not a success. While the thread unwinds,
///   or after a part that panicked in [`in_scope`](Self::in_scope), it counts as panicked.
/// - The span is exported at the end of the record, even if a task that was spawned in it continues. It can still be
///   entered, for the destructors of the work.
/// - Its status is set through the fields `otel.status_code` and `otel.status_description`; declare them in the span as
///   empty. So it reaches any layer that reads OpenTelemetry's fields. `error.type` and what the work
///   [describes](UnitOfWork::describe) reach only the layer of `radiosonde-trace`.
/// - What was annotated within the work is in its span and its line; a hint of its canonical record replaces the outcome of
///   work that ended by itself.
/// - If no layer records the span, the exemplar is the context that was current at the start.
///
/// # Cost
/// Three atomic additions, two clock readings, and the span, if a subscriber is interested in it. No allocation.
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
#[must_use = "a record that is dropped at once counts as aborted"]
pub struct Record<W: UnitOfWork> {
    work: W,
    span: Span,
    started: Duration,
    /// The context around the span.
    surrounding: Option<SpanContext>,
    canonical: CanonicalSlot,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Inside a part of the work, or after a part that panicked.
    InScope,
    Ended,
}

impl<W: UnitOfWork> Record<W> {
    /// Starts a record, whose span `open` creates.
    pub fn start(work: W, open: impl FnOnce(&W) -> Span) -> Self {
        // Before the span is created, so that nothing in the span happens after its end.
        let started = work.clock().monotonic();
        let mut canonical = work.canonical();
        // Spans keep the record that is current when they are made.
        let span = canonical.in_scope(|| open(&work));
        work.begin();
        Self { work, span, started, surrounding: SpanContext::current(), canonical, state: State::Open }
    }

    /// The span. Enter it for everything that belongs to the work, destructors included.
    #[must_use]
    pub const fn span(&self) -> &Span {
        &self.span
    }

    pub(crate) const fn work(&self) -> &W {
        &self.work
    }

    /// The work, to be updated as its details become known.
    pub const fn work_mut(&mut self) -> &mut W {
        &mut self.work
    }

    /// Updates the work and its span.
    pub fn with_span<R>(&mut self, update: impl FnOnce(&mut W, &Span) -> R) -> R {
        update(&mut self.work, &self.span)
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.work.clock().monotonic().saturating_sub(self.started)
    }

    /// Runs a part of the work in the span. If it panics, the work counts as panicked, even if the panic is caught.
    pub fn in_scope<R>(&mut self, part: impl FnOnce() -> R) -> R {
        let before = self.state;
        if before == State::Open {
            self.state = State::InScope;
        }
        let returned = self.in_span(part);
        self.state = before;
        returned
    }

    /// Runs code in the span that is not a part of the work, such as its destructors. A panic in it is not the work's.
    pub fn in_span<R>(&mut self, code: impl FnOnce() -> R) -> R {
        self.canonical.in_scope(|| self.work.around(|| self.span.in_scope(code)))
    }

    /// The canonical record of the work, if it has one of its own.
    #[must_use]
    pub const fn canonical(&self) -> Option<&CanonicalRecord> {
        self.canonical.record()
    }

    /// Whether a part of the work panicked in [`in_scope`](Self::in_scope).
    pub(crate) fn has_panicked(&self) -> bool {
        self.state == State::InScope
    }

    /// Ends the record: the work succeeded.
    pub fn complete(mut self) {
        self.end(Outcome::Completed);
    }

    /// Ends the record: the work failed, with an error or a text. It is written to the span and the line, formatted by `{:#}`, with
    /// which `anyhow` and others include the causes. It is counted by its [kind](crate::ErrorKind), if the work knows its type.
    pub fn fail(mut self, error: impl Display + 'static) {
        self.end(failed(&self.work, &error));
    }

    /// Ends the record by a result, as [`fail`](Self::fail) or [`complete`](Self::complete) does, and returns the result.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    /// use radiosonde_signals::Operation;
    ///
    /// let registry = Registry::new();
    /// let parse = Operation::in_registry(&registry, "parse")?;
    /// let number = parse.track().finish("12".parse::<u32>());
    /// assert_eq!(number, Ok(12));
    /// assert!(registry.text().contains("operation_calls_total{operation=\"parse\",outcome=\"completed\"} 1\n"));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// That of the result.
    pub fn finish<T, E: Display + 'static>(mut self, returned: Result<T, E>) -> Result<T, E> {
        let ended = match &returned {
            Ok(_) => Outcome::Completed.into(),
            Err(error) => failed(&self.work, error),
        };
        self.end(ended);
        returned
    }

    /// Ends the record, if it is open. It can be kept for its span.
    pub fn end(&mut self, ended: impl Into<Ended>) {
        if self.state == State::Ended {
            return;
        }
        // Before the end: if the clock panics, the record is still open, and ends when it is dropped.
        let took = self.elapsed();
        self.end_after(took, ended.into());
    }

    fn end_after(&mut self, took: Duration, ended: Ended) {
        // A part of it panicked, whatever its caller made of that.
        let ended = if self.has_panicked() { Outcome::Panicked.into() } else { ended };
        self.state = State::Ended;
        let ended = self.work.adjust(ended).after(took);
        let takes_hint = self.work.takes_hint(&ended);
        let ended = ended.with_canonical(self.canonical.take(), takes_hint);
        if ended.is_error() {
            survive(|| self.set_status(&ended));
        }
        survive(|| with_line(ended.canonical(), || self.work.line(&self.span, &ended)));
        // The line is an event of the span, and the span's context is the exemplar.
        let context = survive(|| self.end_span(&ended)).flatten().or(self.surrounding);
        self.work.finish(&ended, context.as_ref());
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
                for (key, value) in ended.each_annotation() {
                    span.set_annotation(key, value);
                }
            })
        };
        self.span.with_subscriber(end)?
    }
}

/// How work ended that returned this error.
pub(crate) fn failed<E: Display + 'static>(work: &impl UnitOfWork, error: &E) -> Ended {
    let ended = Ended::by_display(error);
    match survive(|| work.error_kind(error)).flatten() {
        Some(kind) => ended.with_error_type(kind),
        None => ended,
    }
}

impl<W: UnitOfWork> Drop for Record<W> {
    fn drop(&mut self) {
        let outcome = match self.state {
            State::Ended => return,
            State::InScope => Outcome::Panicked,
            State::Open => Outcome::of_drop(),
        };
        // This thread may be unwinding, so a second panic would abort the process. A clock that panics measures nothing.
        let took = survive(|| self.elapsed()).unwrap_or_default();
        survive(|| self.end_after(took, outcome.into()));
    }
}

impl<W: UnitOfWork + fmt::Debug> fmt::Debug for Record<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("work", &self.work).field("state", &self.state).finish_non_exhaustive()
    }
}
