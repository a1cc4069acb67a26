use radiosonde_metrics::{Counter, RegisterError, Registry};

use crate::filtering::audit::Kind;

/// Counters of level changes, if a registry is set.
#[derive(Debug, Default)]
pub(crate) struct Counts(Option<Counters>);

#[derive(Debug)]
struct Counters {
    set: Counter,
    reset: Counter,
    ended: Counter,
    rebuilds: Counter,
    overrides: Counter,
    refused: Counter,
}

impl Counts {
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
