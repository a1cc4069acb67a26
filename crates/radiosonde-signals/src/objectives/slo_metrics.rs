use radiosonde_metrics::{DynFamily, FloatCounter, Gauge, RegisterError, Registry};

use crate::objectives::counts::Counts;
use crate::objectives::slo_status::WindowStatus;

/// The metrics of the objectives of a registry.
#[derive(Debug, Clone)]
pub(crate) struct SloFamilies {
    burn_rate: DynFamily<Gauge>,
    budget_remaining: DynFamily<Gauge>,
    ratio: DynFamily<Gauge>,
    events: DynFamily<FloatCounter>,
    bad_events: DynFamily<FloatCounter>,
}

/// The number of objectives that a registry may have, so that each has series of its own.
pub(crate) const MAX_OBJECTIVES: usize = 1_000;
/// The number of pairs of windows that an objective may have.
pub(crate) const MAX_PAIRS: usize = 10;

/// Those of one objective.
#[derive(Debug, Clone)]
pub(crate) struct SloMetrics {
    /// In the order of the windows.
    burn_rates: Vec<Gauge>,
    budget_remaining: Gauge,
    ratio: Gauge,
    events: FloatCounter,
    bad_events: FloatCounter,
}

impl SloFamilies {
    /// Declares them, or returns those of the registry.
    pub(crate) fn of(registry: &Registry) -> Result<Self, RegisterError> {
        let gauge = |name, help, labels: &[&str]| {
            registry.gauge(name, help).max_series(MAX_OBJECTIVES * 2 * MAX_PAIRS).labels(labels)
        };
        let counter =
            |name, help| registry.float_counter(name, help).max_series(MAX_OBJECTIVES).labels(&["slo"]);
        Ok(Self {
            burn_rate: gauge(
                "slo_burn_rate",
                "How many times faster than its period allows an error budget burns, in a window, by this instance.",
                &["slo", "window"],
            )?,
            budget_remaining: gauge(
                "slo_error_budget_remaining",
                "Share of the error budget that this instance has left since its start; negative if it is overspent.",
                &["slo"],
            )?,
            ratio: gauge(
                "slo_objective_ratio",
                "Share of the good events in the period of an objective, by this instance since its start.",
                &["slo"],
            )?,
            events: counter(
                "slo_events_total",
                "Events of an objective in this instance; seconds, if it is measured over time.",
            )?,
            bad_events: counter(
                "slo_bad_events_total",
                "Bad events of an objective in this instance; seconds, if it is measured over time.",
            )?,
        })
    }

    /// Those of the objective of this name.
    pub(crate) fn series(&self, slo: &str, windows: &[WindowStatus]) -> SloMetrics {
        let burn_rate = |window: &WindowStatus| self.burn_rate.handle(&[slo, &window.label()]);
        SloMetrics {
            burn_rates: windows.iter().map(burn_rate).collect(),
            budget_remaining: self.budget_remaining.handle(&[slo]),
            ratio: self.ratio.handle(&[slo]),
            events: self.events.handle(&[slo]),
            bad_events: self.bad_events.handle(&[slo]),
        }
    }
}

impl SloMetrics {
    pub(crate) fn add(&self, counts: Counts) {
        self.events.inc_by(counts.total);
        self.bad_events.inc_by(counts.bad);
    }

    pub(crate) fn show(&self, ratio: f64, budget_remaining: f64) {
        self.ratio.set(ratio);
        self.budget_remaining.set(budget_remaining);
    }

    /// Shows the burn rates of the windows, in their order.
    pub(crate) fn show_burn_rates(&self, windows: &[WindowStatus]) {
        for (gauge, window) in self.burn_rates.iter().zip(windows) {
            gauge.set(window.burn_rate);
        }
    }
}
