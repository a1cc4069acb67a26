use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::Outcome;
use radiosonde_metrics::Held;
use tracing::Span;
use tracing::field::{Empty, display};

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
    _in_flight: Held,
}

impl Tracked {
    pub(crate) fn start(signals: &Arc<Signals>) -> Self {
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
            started: signals.clock.monotonic(),
            signals: Arc::clone(signals),
            span,
            ended: false,
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

    /// The call failed; `error` goes to the span and the line.
    pub fn fail(self, error: impl Display) {
        self.end(Outcome::Failed, Some(&error));
    }

    pub(crate) fn end(mut self, outcome: Outcome, error: Option<&dyn Display>) {
        self.finish(outcome, error);
    }

    fn finish(&mut self, outcome: Outcome, error: Option<&dyn Display>) {
        self.ended = true;
        let Signals { name, clock, calls, duration, .. } = &*self.signals;
        let took = clock.monotonic().saturating_sub(self.started);
        calls[outcome.index()].inc();
        // In the span, so that it becomes the exemplar.
        self.span.in_scope(|| duration.observe_duration(took));
        if matches!(outcome, Outcome::Failed | Outcome::Panicked) {
            self.span.record("otel.status_code", "ERROR");
            if let Some(error) = error {
                self.span.record("otel.status_description", display(error));
            }
        }
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
                    error = error.map(display),
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
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        if !self.ended {
            self.finish(Outcome::of_drop(), None);
        }
    }
}

impl fmt::Debug for Tracked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracked").field("operation", &self.signals.name).finish_non_exhaustive()
    }
}
