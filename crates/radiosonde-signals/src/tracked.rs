use std::error::Error;
use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{Outcome, SpanContext, SpanEnder, survive};
use radiosonde_metrics::Held;
use tracing::field::{Empty, display};
use tracing::span::Id;
use tracing::{Dispatch, Span};

use crate::failure::Failure;
use crate::operation::Signals;

/// A call of an [`Operation`](crate::Operation) that is going on. Ends once, at the latest when it is dropped.
///
/// Dropped without a word it counts as aborted, or as panicked while the thread unwinds: an early return by `?` is no success.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::Operation;
///
/// let registry = Registry::new();
/// let import = Operation::in_registry(&registry, "import")?;
/// let call = import.track();
/// call.span().in_scope(|| { /* what belongs to it */ });
/// call.complete();
/// drop(import.track());
/// assert!(registry.text().contains("operation_calls_total{operation=\"import\",outcome=\"completed\"} 1\n"));
/// assert!(registry.text().contains("operation_calls_total{operation=\"import\",outcome=\"aborted\"} 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[must_use = "a call that is dropped at once is an aborted one"]
pub struct Tracked {
    signals: Arc<Signals>,
    span: Span,
    started: Duration,
    ended: bool,
    /// Still set after a poll that panicked.
    is_polling: bool,
    _in_flight: Held,
}

impl Tracked {
    pub(crate) fn start(signals: &Arc<Signals>) -> Self {
        // Before the span is made, so that nothing in the span comes after its end.
        let started = signals.clock.monotonic();
        let span = tracing::info_span!(
            target: "radiosonde::operation",
            "operation",
            otel.name = &*signals.name,
            otel.status_code = Empty,
            otel.status_description = Empty,
            operation = &*signals.name,
        );
        Self {
            _in_flight: signals.in_flight.hold(),
            started,
            signals: Arc::clone(signals),
            span,
            ended: false,
            is_polling: false,
        }
    }

    /// The call's span: enter it for what belongs to the call.
    #[must_use]
    pub const fn span(&self) -> &Span {
        &self.span
    }

    /// The call did what it was asked to.
    pub fn complete(self) {
        self.end(Outcome::Completed, None);
    }

    /// The call failed; `error` goes to the span and the line, formatted by `{:#}`, by which `anyhow` and others show the causes.
    pub fn fail(self, error: impl Display) {
        self.end(Outcome::Failed, Some(&Failure::of_display(&error)));
    }

    pub(crate) fn end(mut self, outcome: Outcome, failure: Option<&Failure>) {
        self.finish(outcome, failure);
    }

    /// Runs a part of the work in the span. A panic in it is what the call ends by.
    pub(crate) fn poll<R>(&mut self, part: impl FnOnce() -> R) -> R {
        self.is_polling = true;
        let polled = self.span.in_scope(part);
        self.is_polling = false;
        polled
    }

    fn finish(&mut self, outcome: Outcome, failure: Option<&Failure>) {
        self.ended = true;
        let Signals { name, clock, calls, duration, .. } = &*self.signals;
        let took = clock.monotonic().saturating_sub(self.started);
        calls[outcome.index()].inc();
        if matches!(outcome, Outcome::Failed | Outcome::Panicked) {
            self.span.record("otel.status_code", "ERROR");
            if let Some(failure) = failure {
                self.span.record("otel.status_description", display(format_args!("{failure:#}")));
            }
        }
        let error = failure.map(|failure| failure as &(dyn Error + 'static));
        // Whole microseconds: finer digits are noise.
        #[allow(clippy::cast_precision_loss, reason = "285 years of microseconds are exact")]
        let duration_ms = took.as_micros() as f64 / 1000.0;
        // A macro, because an event's level is part of its callsite.
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "radiosonde::operation",
                    parent: &self.span,
                    operation = &**name,
                    outcome = outcome.as_str(),
                    duration_ms,
                    error,
                    "{name} {}",
                    outcome.as_str(),
                )
            };
        }
        match outcome {
            Outcome::Completed => line!(debug),
            Outcome::Panicked => line!(error),
            _ => line!(warn),
        }
        // The line is an event of the span, and the span's context the exemplar.
        let context = self.end_span(took).or_else(SpanContext::current);
        duration.observe_in(took.as_secs_f64(), context.as_ref());
    }

    fn end_span(&self, took: Duration) -> Option<SpanContext> {
        let end = |(id, dispatch): (&Id, &Dispatch)| {
            dispatch.downcast_ref::<SpanEnder>().and_then(|ender| ender.end(dispatch, id.into_u64(), took))
        };
        self.span.with_subscriber(end).flatten()
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        if !self.ended {
            let outcome = if self.is_polling { Outcome::Panicked } else { Outcome::of_drop() };
            // This may be an unwinding thread, which a panic of a layer at the line would abort.
            let _ = survive(|| self.finish(outcome, None));
        }
    }
}

impl fmt::Debug for Tracked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracked").field("operation", &self.signals.name).finish_non_exhaustive()
    }
}
