use std::borrow::Cow;
use std::sync::Arc;

use radiosonde_core::{Clock, Outcome, SharedClock, SpanContext, SystemClock, diagnostics};
use radiosonde_metrics::{Counter, Histogram, IntGauge, RegisterError, Registry};
use tracing::field::Empty;
use tracing::{Level, Span};

use crate::ended::Ended;
use crate::record::Record;
use crate::unit_of_work::UnitOfWork;

/// A kind of work of a service, with its golden signals.
///
/// # Signals
/// - `operation_calls_total{operation,outcome}`: traffic and errors. Every outcome exists from the start, at zero.
/// - `operation_duration_seconds{operation}`: latency, with an exemplar.
/// - `operation_in_flight{operation}`: calls in progress.
/// - A span named like the operation, with an error status if it failed or panicked.
/// - One event with the target `radiosonde::operation`: at ERROR for a panic, at WARN for a failure or an abort, otherwise
///   at DEBUG.
///
/// All of them are recorded when the call ends, by its [`Record`]. Values dropped with the call are dropped inside the span.
///
/// # Cost
/// Creating an operation registers its metrics and takes locks: keep it in a `static` or a field. A call costs three atomic
/// additions, two clock readings, and the span, if a subscriber is interested in it. Cloning copies a pointer.
///
/// ```
/// use std::sync::LazyLock;
/// use radiosonde_signals::Operation;
///
/// static PRICE: LazyLock<Operation> = LazyLock::new(|| Operation::new("price_order"));
///
/// fn price(items: &str) -> Result<u32, std::num::ParseIntError> {
///     PRICE.run(|| items.parse())
/// }
/// assert!(price("3").is_ok());
/// ```
#[derive(Debug, Clone)]
pub struct Operation(Arc<Signals>);

#[derive(Debug, Clone)]
struct Signals {
    name: Cow<'static, str>,
    clock: SharedClock,
    /// Indexed by the outcome.
    calls: [Counter; Outcome::ALL.len()],
    duration: Histogram,
    in_flight: IntGauge,
}

impl Operation {
    /// Creates an operation with its metrics in [`Registry::global`].
    ///
    /// Never fails: if that registry has other metrics with these names, the conflict is reported to [`diagnostics`], and
    /// the operation's metrics are not exposed. [`in_registry`](Self::in_registry) returns it as an error.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        let (operation, conflict) = Self::in_global_registry(name.into());
        if let Some(conflict) = conflict {
            operation.report(&conflict);
        }
        operation
    }

    /// Like [`new`](Self::new), but returns the conflict for the caller to [`report`](Self::report).
    pub(crate) fn in_global_registry(name: Cow<'static, str>) -> (Self, Option<RegisterError>) {
        match Self::in_registry(Registry::global(), name.clone()) {
            Ok(operation) => (operation, None),
            Err(conflict) => {
                let nowhere = Registry::new();
                // An empty registry has no conflicting metrics, so this cannot recurse.
                let operation = Self::in_registry(&nowhere, name.clone())
                    .unwrap_or_else(|_| Self::in_global_registry(name).0);
                (operation, Some(conflict))
            }
        }
    }

    pub(crate) fn report(&self, conflict: &RegisterError) {
        let name = self.name();
        let message = format_args!("operation {name:?} is not exposed: {conflict}");
        diagnostics::report("signals", "register", message);
    }

    /// Creates an operation with its metrics in `registry`.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn in_registry(
        registry: &Registry,
        name: impl Into<Cow<'static, str>>,
    ) -> Result<Self, RegisterError> {
        let name = name.into();
        let calls = registry.counter("operation_calls_total", "Finished calls of an operation, by outcome.");
        let calls = calls.labels(&["operation", "outcome"])?;
        let duration = registry.histogram("operation_duration_seconds", "Duration of an operation's calls.");
        let duration = duration.unit("seconds").labels(&["operation"])?;
        let in_flight = registry.int_gauge("operation_in_flight", "Calls of an operation in progress.");
        let in_flight = in_flight.labels(&["operation"])?;
        Ok(Self(Arc::new(Signals {
            calls: Outcome::ALL.map(|outcome| calls.handle(&[&name, outcome.as_str()])),
            duration: duration.handle(&[&name]),
            in_flight: in_flight.handle(&[&name]),
            name,
            clock: Arc::new(SystemClock),
        })))
    }

    /// Sets the clock that measures durations; default: the system's.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        Arc::make_mut(&mut self.0).clock = clock;
        self
    }

    /// The operation's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Begins a call that ends with the guard: for work that is not a function, or that ends elsewhere than it began.
    pub fn track(&self) -> Record<Self> {
        Record::start(self.clone(), Self::open_span)
    }

    fn open_span(&self) -> Span {
        tracing::info_span!(
            target: "radiosonde::operation",
            "operation",
            otel.name = self.name(),
            otel.status_code = Empty,
            otel.status_description = Empty,
            operation = self.name(),
        )
    }
}

impl UnitOfWork for Operation {
    fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    fn begin(&self) {
        self.0.in_flight.inc();
    }

    fn finish(&self, ended: &Ended, exemplar: Option<&SpanContext>) {
        self.0.calls[ended.outcome().index()].inc();
        self.0.duration.observe_in(ended.took().as_secs_f64(), exemplar);
        self.0.in_flight.dec();
    }

    fn line(&self, span: &Span, ended: &Ended) {
        let (name, outcome) = (self.name(), ended.outcome().as_str());
        // A macro, because an event's level is part of its callsite.
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "radiosonde::operation",
                    parent: span,
                    operation = name,
                    outcome,
                    duration_ms = ended.duration_ms(),
                    error = ended.error(),
                    radiosonde.annotations = ended.annotations(),
                    "{name} {outcome}",
                )
            };
        }
        match ended.level(Level::DEBUG, Level::WARN) {
            Level::ERROR => line!(error),
            Level::WARN => line!(warn),
            _ => line!(debug),
        }
    }
}
