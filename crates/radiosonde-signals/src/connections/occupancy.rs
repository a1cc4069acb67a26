use std::borrow::Cow;

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Counter, RegisterError};
use tracing::Span;

use crate::golden::{GoldenSignals, Limit, Series};
use crate::operations::operation::Operation;
use crate::operations::outcome_label::OutcomeLabel;
use crate::operations::set_options::SetOptions;
use crate::operations::work_metrics::WorkDeclaration;
use crate::recording::record::Record;

/// Declares what is open for a while: how many there are, how many there can be, and why and after how long they were closed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occupancy<'a> {
    /// One and several of them.
    pub(crate) words: [&'static str; 2],
    /// The label with the name, if there is one.
    pub(crate) label: Option<&'static str>,
    pub(crate) active: &'a str,
    pub(crate) max: Option<&'a str>,
    pub(crate) opened: &'a str,
    pub(crate) closed: &'a str,
    pub(crate) duration: &'a str,
    /// Whether they can be closed as `shed`; otherwise that is an `error`.
    pub(crate) has_shed: bool,
}

/// Why they were closed.
const fn reason(has_shed: bool) -> OutcomeLabel {
    let shed = if has_shed { "shed" } else { "error" };
    OutcomeLabel {
        name: Cow::Borrowed("reason"),
        values: ["closed", "error", "closed", "panic", "timeout", shed],
    }
}

impl Occupancy<'_> {
    pub(crate) fn declare(
        self,
        name: &str,
        limit: Option<u64>,
        options: &SetOptions,
    ) -> Result<Open, RegisterError> {
        let (registry, [one, several]) = (options.registry(), self.words);
        let [active, opened, closed, duration] =
            [self.active, self.opened, self.closed, self.duration].map(|name| options.name(name));
        let labels: Vec<&str> = self.label.into_iter().collect();
        let values: Vec<&str> = self.label.map(|_| name).into_iter().collect();
        let declaration = WorkDeclaration {
            calls: Some((&closed, &format!("Closed {several}, by reason."))),
            outcome: reason(self.has_shed),
            duration: Some((&duration, &format!("Time from the opening of {several} to their close."))),
            buckets: options.buckets.clone(),
            in_flight: Some((&active, &format!("Open {several}."))),
            drop_completes: true,
            ..WorkDeclaration::new(several, &labels)
        };
        // A span of hours would be exported long after those within it.
        let metrics = declaration.declare(registry, options.kinds.clone(), |_| Span::none())?;
        let help = format!("Opened {several}.");
        let counter = registry.counter(&opened, &help).labels(&labels)?;
        let limit = match self.max.map(|max| options.name(max)).zip(limit) {
            Some((max, limit)) => {
                let help = format!("Largest number of open {several}.");
                let gauge = registry.int_gauge(&max, &help).labels(&labels)?;
                gauge.with(&values).set(i64::try_from(limit).unwrap_or(i64::MAX));
                Limit::Metric(Series::of(registry, &max, Kind::Gauge))
            }
            None => Limit::Unknown,
        };
        let signals = metrics.golden.clone().with_latency(None);
        let signals = signals
            .with_traffic(Series::of(registry, &opened, Kind::Counter))
            .with_saturation(Series::of(registry, &active, Kind::Gauge), limit)
            .named(name, self.label.map(|label| (label, name)));
        signals.declare(registry);
        let named = Cow::Owned(format!("{name} {one}"));
        let operation = Operation::from_metrics(&metrics, named, &values, &options.clock);
        Ok(Open { opened: counter.handle(&values), operation, signals })
    }
}

/// Counts what is opened.
#[derive(Debug)]
pub(crate) struct Open {
    opened: Counter,
    operation: Operation,
    signals: GoldenSignals,
}

impl Open {
    pub(crate) fn open(&self) -> Record<Operation> {
        self.opened.inc();
        self.operation.track()
    }

    pub(crate) const fn signals(&self) -> &GoldenSignals {
        &self.signals
    }
}
