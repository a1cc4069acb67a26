use radiosonde_core::diagnostics;
use radiosonde_metrics::{Counter, RegisterError, Registry};

use crate::filtering::audit::Kind;

/// Counters of level changes; the default counts nothing.
#[derive(Debug, Default)]
pub(crate) struct FilterMetrics(Option<Counters>);

#[derive(Debug)]
struct Counters {
    set: Counter,
    reset: Counter,
    ended: Counter,
    rebuilds: Counter,
    overrides: Counter,
    refused: Counter,
}

impl FilterMetrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, RegisterError> {
        let changes = registry
            .counter(
                "radiosonde_log_level_changes_total",
                "Changes of the log filter while running, by kind.",
            )
            .labels(&["kind"])?;
        let overrides = registry
            .counter(
                "radiosonde_log_level_overrides_total",
                "Level overrides requested by spans, by outcome.",
            )
            .labels(&["outcome"])?;
        let rebuilds = registry.counter(
            "radiosonde_log_filter_rebuilds_total",
            "Rebuilds of the interest cache of all callsites.",
        );
        Ok(Self(Some(Counters {
            set: changes.handle(&["set"]),
            reset: changes.handle(&["reset"]),
            ended: changes.handle(&["ended"]),
            rebuilds: rebuilds.build()?,
            overrides: overrides.handle(&["opened"]),
            refused: overrides.handle(&["refused"]),
        })))
    }

    /// Counts nothing if the names are taken by other metrics, which is reported.
    pub(crate) fn in_global_registry() -> Self {
        Self::new(Registry::global()).unwrap_or_else(|conflict| {
            diagnostics::report("log", "register", format_args!("level changes are not counted: {conflict}"));
            Self::default()
        })
    }

    fn count(&self, counter: impl FnOnce(&Counters) -> &Counter) {
        if let Some(counters) = &self.0 {
            counter(counters).inc();
        }
    }

    pub(crate) fn change(&self, kind: Kind) {
        self.count(|counters| match kind {
            Kind::Set => &counters.set,
            Kind::Reset => &counters.reset,
            Kind::Ended => &counters.ended,
        });
    }

    pub(crate) fn rebuild(&self) {
        self.count(|counters| &counters.rebuilds);
    }

    pub(crate) fn opened_override(&self) {
        self.count(|counters| &counters.overrides);
    }

    pub(crate) fn refused_override(&self) {
        self.count(|counters| &counters.refused);
    }
}
