use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use radiosonde_core::{Clock, EndingSpan, Outcome, SharedClock, SpanContext};
use radiosonde_metrics::{Counter, DynFamily, Histogram, IntGauge};
use tracing::field::Empty;
use tracing::{Level, Span};

use crate::golden::GoldenSignals;
use crate::operations::error_kind::{ErrorKinds, OTHER};
use crate::operations::work_metrics::{OpenSpan, WatchWork, WorkMetrics, known_kinds};
use crate::recording::ended::{Ended, UNNAMED};
use crate::recording::record::Record;
use crate::recording::unit_of_work::UnitOfWork;

/// A kind of work of a service, with its golden signals.
///
/// # Signals
/// - `operation_calls_total{operation,outcome}`: traffic and errors. Every outcome exists from the start, at zero.
/// - `operation_errors_total{operation,kind}`: errors, by a [kind](crate::ErrorKind) from a fixed set; `other` for errors of unknown types, `panic`
///   for a panic. An abort is not an error.
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
#[derive(Clone)]
pub struct Operation {
    signals: Arc<Signals>,
    /// Those of the call, if they were given.
    items: Option<u64>,
    amount: u64,
}

struct Signals {
    name: Cow<'static, str>,
    clock: SharedClock,
    /// Indexed by the outcome.
    calls: Option<[Counter; Outcome::ALL.len()]>,
    errors: Option<Errors>,
    amount: Option<Counter>,
    duration: Option<Histogram>,
    in_flight: Option<IntGauge>,
    kinds: ErrorKinds,
    error_texts: bool,
    items_attribute: Option<&'static str>,
    drop_completes: bool,
    open: OpenSpan,
    watcher: Option<Arc<dyn WatchWork>>,
    golden: GoldenSignals,
}

/// The counters of errors, by kind.
struct Errors {
    family: DynFamily<Counter>,
    /// The values of the operation's labels.
    values: Box<[Box<str>]>,
}

impl Operation {
    /// The operation with these values of the labels of `metrics`, or with the values `_overflow` beyond the limit of them. All its
    /// series exist from then on.
    pub(crate) fn from_metrics(
        metrics: &WorkMetrics,
        name: Cow<'static, str>,
        values: &[&str],
        clock: &SharedClock,
    ) -> Self {
        let values = &*metrics.sets.admit(values);
        let with = |family: &DynFamily<Counter>, value| family.handle(&[values, &[value]].concat());
        let outcome = |calls: &DynFamily<Counter>, value| match metrics.outcome.label() {
            Some(_) => with(calls, value),
            None => calls.handle(values),
        };
        let errors = metrics.errors.as_ref().map(|family| {
            for kind in known_kinds(&metrics.kinds) {
                let _ = with(family, kind);
            }
            let values = values.iter().map(|&value| value.into()).collect();
            Errors { family: family.clone(), values }
        });
        for family in &metrics.beside {
            let _ = family.handle(values);
        }
        let signals = Signals {
            name,
            clock: Arc::clone(clock),
            calls: metrics
                .calls
                .as_ref()
                .map(|calls| metrics.outcome.values.map(|value| outcome(calls, value))),
            errors,
            amount: metrics.amount.as_ref().map(|amount| amount.handle(values)),
            duration: metrics.duration.as_ref().map(|duration| duration.handle(values)),
            in_flight: metrics.in_flight.as_ref().map(|in_flight| in_flight.handle(values)),
            kinds: metrics.kinds.clone(),
            error_texts: metrics.error_texts,
            items_attribute: metrics.items_attribute,
            drop_completes: metrics.drop_completes,
            open: Arc::clone(&metrics.open),
            watcher: metrics.watcher.clone(),
            golden: metrics.golden.clone(),
        };
        Self { signals: Arc::new(signals), items: None, amount: 0 }
    }

    /// The operation's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.signals.name
    }

    /// Where its golden signals are. Its saturation has no limit: it is the number of calls in progress.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        &self.signals.golden
    }

    /// Begins a call that ends with the guard: for work that is not a function, or that ends elsewhere than it began.
    pub fn track(&self) -> Record<Self> {
        Record::start(self.clone(), Self::open)
    }

    /// A call within one function, which holds no reference of its own.
    pub(crate) fn track_borrowed(&self) -> Record<&Self> {
        Record::start(self, |operation| operation.open())
    }

    /// Like [`track`](Self::track), but the span is made by the function `make`, out of the one that it is given: to make it within the
    /// trace of the sender of a message, `|open| radiosonde_trace::continue_from(&headers, open)`.
    ///
    /// ```
    /// # use radiosonde_metrics::Registry;
    /// # use radiosonde_signals::Operation;
    /// # let import = Operation::in_registry(&Registry::new(), "import")?;
    /// let record = import.track_with(|open| tracing::info_span!("nightly").in_scope(open));
    /// assert_eq!(record.run(|| "7".parse::<u8>()), Ok(7));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    pub fn track_with(&self, make: impl FnOnce(&dyn Fn() -> Span) -> Span) -> Record<Self> {
        Record::start(self.clone(), |operation| make(&|| operation.open()))
    }

    fn open(&self) -> Span {
        (self.signals.open)(self.name())
    }

    /// Makes the call one of this many items, such as the messages of a batch: each counts as a call, and as an error if the call
    /// fails. Default: 1. Of a call in progress, by [`Record::work_mut`].
    ///
    /// The call still has one duration: with items, the count of the histogram is the number of calls, and the counter that of items.
    pub const fn set_items(&mut self, items: u64) -> &mut Self {
        self.items = Some(items);
        self
    }

    /// What the call moves: the bytes of messages, the rows of a query. Default: 0. Of a call in progress, by [`Record::work_mut`].
    ///
    /// Only a set with a counter for it counts it, such as [`Messaging`](crate::Messaging); of any other operation, it is ignored.
    pub const fn set_amount(&mut self, amount: u64) -> &mut Self {
        self.amount = amount;
        self
    }
}

/// The span of a call.
pub(crate) fn open_span(name: &str) -> Span {
    tracing::info_span!(
        target: "radiosonde::operation",
        "operation",
        otel.name = name,
        otel.status_code = Empty,
        otel.status_description = Empty,
        operation = name,
    )
}

impl Errors {
    fn count(&self, kind: &str, items: u64) {
        let mut values = [""; MAX_LABELS];
        for (value, own) in values.iter_mut().zip(&self.values) {
            *value = own;
        }
        let count = self.values.len();
        if let Some(values) = values.get_mut(..=count) {
            values[count] = kind;
            self.family.with(values).inc_by(items);
        }
    }
}

/// More labels than a kind of work has.
const MAX_LABELS: usize = 32;

impl UnitOfWork for Operation {
    fn clock(&self) -> &dyn Clock {
        &*self.signals.clock
    }

    fn begin(&self) {
        // First: it asks a clock, and if that panics there is no work.
        if let Some(watcher) = &self.signals.watcher {
            watcher.begun();
        }
        if let Some(in_flight) = &self.signals.in_flight {
            in_flight.inc();
        }
    }

    fn finish(&self, ended: &Ended, exemplar: Option<&SpanContext>) {
        let Signals { calls, errors, amount, duration, in_flight, watcher, .. } = &*self.signals;
        let items = self.items.unwrap_or(1);
        if let Some(calls) = calls {
            calls[ended.outcome().index()].inc_by(items);
        }
        if let Some(errors) = errors
            && ended.is_error()
        {
            // A failure is one even if nothing was received.
            let kind = ended.error_type().filter(|kind| *kind != UNNAMED).unwrap_or(OTHER);
            errors.count(kind, items.max(1));
        }
        if let Some(amount) = amount {
            amount.inc_by(self.amount);
        }
        if let Some(duration) = duration {
            duration.observe_in(ended.took().as_secs_f64(), exemplar);
        }
        if let Some(in_flight) = in_flight {
            in_flight.dec();
        }
        if let Some(watcher) = watcher {
            watcher.ended(ended);
        }
    }

    fn adjust(&self, ended: Ended) -> Ended {
        match ended.outcome() {
            Outcome::Aborted if self.signals.drop_completes => Outcome::Completed.into(),
            _ if self.signals.error_texts => ended,
            _ => ended.without_error(),
        }
    }

    fn describe(&self, span: &dyn EndingSpan) {
        if let (Some(attribute), Some(items)) = (self.signals.items_attribute, self.items) {
            span.set_number(attribute, i64::try_from(items).unwrap_or(i64::MAX));
        }
    }

    fn error_kind(&self, error: &dyn Any) -> Option<&'static str> {
        self.signals.kinds.of(error)
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

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("name", &self.name()).finish_non_exhaustive()
    }
}
