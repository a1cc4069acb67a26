use std::time::Duration;

use crate::catalogue::{Catalogue, ConditionEntry, ValueEntry};
use crate::promql::Scope;
use crate::rule_tests::level::{Level, Span};
use crate::rule_tests::sample_labels::SampleLabels;
use crate::rule_tests::story::Part;
use crate::rule_tests::value_series::{ValueSeries, gauges, name};
use crate::rules::{Recorded, least_bad};

/// Series that bring the value of an alert to a level.
pub(crate) struct AlertSeries<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) condition: &'a ConditionEntry,
    pub(crate) scope: &'a Scope,
    pub(crate) step: Duration,
}

impl<'a> AlertSeries<'a> {
    /// `None` if Prometheus cannot evaluate the condition, or no series could be made up for it.
    pub(crate) fn of(
        catalogue: &'a Catalogue,
        condition: &'a ConditionEntry,
        scope: &'a Scope,
        step: Duration,
    ) -> Option<Self> {
        let series = Self { catalogue, condition, scope, step };
        series.spans(&[(Level::Fires, 2)]).map(|_| series)
    }

    /// The steps from a change of the series to one of the value.
    pub(crate) fn reaction(&self) -> u64 {
        let time = match self.condition {
            ConditionEntry::Above { value, threshold, .. }
            | ConditionEntry::Below { value, threshold, .. } => match value {
                ValueEntry::Increase { window, .. }
                | ValueEntry::Rate { window, .. }
                | ValueEntry::Ratio { window, .. }
                | ValueEntry::Quantile { window, .. } => *window,
                ValueEntry::Age(_) => Duration::from_secs_f64(threshold.clamp(0.0, 1e9)),
                ValueEntry::Saturation(_) => Duration::from_secs(300),
                _ => Duration::ZERO,
            },
            _ => Duration::ZERO,
        };
        self.steps(time)
    }

    /// The steps for which Prometheus still reads a series that has ended.
    pub(crate) fn lookback(&self) -> u64 {
        self.steps(Duration::from_secs(300))
    }

    fn steps(&self, time: Duration) -> u64 {
        u64::try_from(time.as_nanos().div_ceil(self.step.as_nanos().max(1))).unwrap_or(u64::MAX)
    }

    /// The series with these levels one after the other, each for a number of steps; `None` if the value has no such level.
    pub(crate) fn spans(&self, levels: &[(Level, u64)]) -> Option<Vec<Span>> {
        match self.condition {
            ConditionEntry::Above { value, threshold, by } => {
                self.of_value(value, *threshold, true, by.as_deref(), levels)
            }
            ConditionEntry::Below { value, threshold, by } => {
                self.of_value(value, *threshold, false, by.as_deref(), levels)
            }
            ConditionEntry::Absent(of) => {
                let labels = SampleLabels::of(of, self.scope).series(&name(of));
                let part = |(level, steps): &(Level, u64)| match level {
                    Level::Fires | Level::Gone => Some(Part::Gone(*steps)),
                    Level::Quiet => Some(Part::Stays(1.0, *steps)),
                    _ => None,
                };
                Some(vec![(labels, levels.iter().map(part).collect::<Option<_>>()?)])
            }
            ConditionEntry::BudgetBelow { slo, share } => {
                let recorded = Recorded::of(self.catalogue.objective(slo)?, self.scope);
                let series = recorded.select(Recorded::BUDGET_REMAINING);
                Some(vec![(series, gauges(levels, share - 0.1, share + 0.1)?)])
            }
            ConditionEntry::Burning(slo) => {
                let objective = self.catalogue.objective(slo)?;
                let recorded = Recorded::of(objective, self.scope);
                let pair = objective.windows.first()?;
                let of =
                    |name: String, fires: f64| Some((recorded.select(&name), gauges(levels, fires, 0.0)?));
                let least = least_bad(objective, pair.long);
                Some(vec![
                    of(Recorded::burn_rate(pair.long), pair.factor * 2.0)?,
                    of(Recorded::burn_rate(pair.short), pair.factor * 2.0)?,
                    of(Recorded::bad_events(pair.long), least * 2.0)?,
                ])
            }
            ConditionEntry::InProcessOnly(_) => None,
        }
    }

    fn of_value(
        &self,
        value: &ValueEntry,
        threshold: f64,
        is_above: bool,
        by: Option<&str>,
        levels: &[(Level, u64)],
    ) -> Option<Vec<Span>> {
        let (catalogue, scope, step) = (self.catalogue, self.scope, self.step);
        ValueSeries { catalogue, scope, step, by, threshold, is_above, levels }.spans(value)
    }
}
