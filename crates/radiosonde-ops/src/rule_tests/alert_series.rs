use std::time::Duration;

use crate::catalogue::{Catalogue, ConditionEntry, SaturationEntry, Selector, ValueEntry};
use crate::promql::{Scope, counted_suffix};
use crate::rule_tests::quantile_series::quantile_spans;
use crate::rule_tests::sample_labels::SampleLabels;
use crate::rule_tests::story::Part;
use crate::rules::{Recorded, least_bad};

/// A series, and its parts.
pub(crate) type Span = (String, Vec<Part>);

/// Where a value is, seen from the threshold of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Beyond it.
    Fires,
    /// Well on the other side.
    Quiet,
    /// The same, and the process restarts halfway.
    QuietRestart,
    /// Counters stand still.
    Idle,
    /// Nothing bad has happened since the start.
    NoBadSeries,
    /// Beyond it in one instance, and so much better in another that the sum is not.
    OneOfMany,
    /// There are no series.
    Gone,
}

/// The number of events between two samples, where they are free.
const EVENTS: f64 = 10_000.0;

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

    /// The series with these levels one after the other, each for so many steps; `None` if the value has no such level.
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
        let (high, low) =
            (threshold + (threshold.abs() / 2.0).max(0.01), threshold - (threshold.abs() / 2.0).max(0.01));
        let (fires, quiet) = if is_above { (high, low) } else { (low, high) };
        let labels = |of: &Selector| {
            let labels = SampleLabels::of(of, self.scope);
            match by {
                Some(label) if !of.matchers.iter().any(|(own, _)| own == label) => labels.with(label, "one"),
                _ => labels,
            }
        };
        match value {
            ValueEntry::Gauge { gauge, .. } => {
                Some(vec![(labels(gauge).series(&gauge.metric), gauges(levels, fires, quiet)?)])
            }
            ValueEntry::Share { part, all } => {
                let share =
                    |level| if level == Level::Fires { fires } else { quiet }.clamp(0.0, 1.0) * 1000.0;
                let parts = |of: &dyn Fn(f64) -> f64| {
                    levels
                        .iter()
                        .map(|(level, steps)| match level {
                            Level::Fires | Level::Quiet => Some(Part::Stays(of(share(*level)), *steps)),
                            _ => None,
                        })
                        .collect::<Option<Vec<_>>>()
                };
                let is_part = SampleLabels::is_part(part, all, self.scope);
                let rest = SampleLabels::outside(all, part, self.scope)?;
                let rest = by.into_iter().fold(rest, |rest, label| rest.with(label, "one"));
                let rest = (
                    rest.series(&all.metric),
                    parts(&|share| if is_part { 1000.0 - share } else { 1000.0 })?,
                );
                Some(vec![(labels(part).series(&part.metric), parts(&|share| share)?), rest])
            }
            ValueEntry::Saturation(resources) => {
                let SaturationEntry { in_use, limit, fixed_limit } =
                    resources.iter().find(|part| part.limit.is_some() || part.fixed_limit.is_some())?;
                let most = fixed_limit.unwrap_or(1000.0);
                let in_use_parts = if in_use.kind == radiosonde_metrics::model::Kind::Counter {
                    self.counters(levels, fires * most, quiet * most)?
                } else {
                    gauges(levels, fires * most, quiet * most)?
                };
                let steps = levels.iter().map(|(_, steps)| steps).sum();
                let limit = limit
                    .as_ref()
                    .map(|limit| (labels(limit).series(&limit.metric), vec![Part::Stays(most, steps)]));
                Some(
                    std::iter::once((labels(in_use).series(&name(in_use)), in_use_parts))
                        .chain(limit)
                        .collect(),
                )
            }
            // Time begins at 0 in a test: a time in the future is no age.
            ValueEntry::Age(of) if is_above => {
                Some(vec![(labels(of).series(&of.metric), gauges(levels, 1.0, 1e9)?)])
            }
            ValueEntry::Age(_) => None,
            ValueEntry::Increase { events, window } => {
                let per_second = |level: f64| level.max(0.0) / window.as_secs_f64();
                let parts = self.counters(levels, per_second(fires), per_second(quiet))?;
                Some(vec![(labels(events).series(&name(events)), parts)])
            }
            ValueEntry::Rate { events, .. } => {
                let parts = self.counters(levels, fires.max(0.0), quiet.max(0.0))?;
                Some(vec![(labels(events).series(&name(events)), parts)])
            }
            ValueEntry::Ratio { bad, all, .. } => self.of_ratio(
                bad.first()?,
                all.first()?,
                [fires, quiet].map(|share| share.clamp(0.0, 1.0)),
                by,
                levels,
            ),
            ValueEntry::Quantile { quantile, histograms, .. } => {
                let histogram = histograms.first()?;
                let bounds = self.catalogue.metric(&histogram.metric)?.buckets.as_deref()?;
                quantile_spans(
                    &labels(histogram),
                    &histogram.metric,
                    bounds,
                    *quantile,
                    threshold,
                    is_above,
                    levels,
                )
            }
        }
    }

    /// Counters that grow by so much a second.
    fn counters(&self, levels: &[(Level, u64)], fires: f64, quiet: f64) -> Option<Vec<Part>> {
        let seconds = self.step.as_secs_f64();
        let each = levels.iter().map(|(level, steps)| {
            Some(match level {
                Level::Fires => vec![Part::Grows(fires * seconds, *steps)],
                Level::Quiet => vec![Part::Grows(quiet * seconds, *steps)],
                Level::QuietRestart if fires > quiet => {
                    vec![
                        Part::Grows(quiet * seconds, steps / 2),
                        Part::Restarts(quiet * seconds, steps - steps / 2),
                    ]
                }
                Level::Idle if fires > quiet => vec![Part::Grows(0.0, *steps)],
                Level::Gone => vec![Part::Gone(*steps)],
                _ => return None,
            })
        });
        Some(each.collect::<Option<Vec<_>>>()?.concat())
    }

    fn of_ratio(
        &self,
        bad: &Selector,
        all: &Selector,
        [fires, quiet]: [f64; 2],
        by: Option<&str>,
        levels: &[(Level, u64)],
    ) -> Option<Vec<Span>> {
        let is_part = SampleLabels::is_part(bad, all, self.scope);
        let by =
            |labels: SampleLabels| by.into_iter().fold(labels, |labels, label| labels.with(label, "one"));
        let good = by(SampleLabels::outside(all, bad, self.scope)?);
        let bad_labels = by(SampleLabels::of(bad, self.scope));
        let count = |level: Level, steps: u64, part: &dyn Fn(f64) -> f64| {
            let grown = |share: f64| (EVENTS * part(share)).round();
            Some(match level {
                Level::Fires | Level::OneOfMany => vec![Part::Grows(grown(fires), steps)],
                Level::Quiet => vec![Part::Grows(grown(quiet), steps)],
                Level::QuietRestart => vec![
                    Part::Grows(grown(quiet), steps / 2),
                    Part::Restarts(grown(quiet), steps - steps / 2),
                ],
                Level::Idle => vec![Part::Grows(0.0, steps)],
                Level::NoBadSeries => vec![Part::Grows(grown(0.0), steps)],
                Level::Gone => vec![Part::Gone(steps)],
            })
        };
        let parts = |part: &dyn Fn(f64) -> f64| {
            Some(
                levels
                    .iter()
                    .map(|(level, steps)| count(*level, *steps, part))
                    .collect::<Option<Vec<_>>>()?
                    .concat(),
            )
        };
        let has = |wanted: Level| levels.iter().any(|(level, _)| *level == wanted);
        // Too few bad ones are the alert.
        if fires < quiet && (has(Level::Idle) || has(Level::NoBadSeries) || has(Level::OneOfMany)) {
            return None;
        }
        let mut spans =
            vec![(good.series(&name(all)), parts(&|share| if is_part { 1.0 - share } else { 1.0 })?)];
        if !has(Level::NoBadSeries) {
            spans.push((bad_labels.series(&name(bad)), parts(&|share| share)?));
        }
        if has(Level::OneOfMany) {
            let steps = levels.iter().map(|(_, steps)| steps).sum();
            spans.push((
                good.with("instance", "b:80").series(&name(all)),
                vec![Part::Grows(EVENTS * 1e6, steps)],
            ));
        }
        Some(spans)
    }
}

fn name(of: &Selector) -> String {
    format!("{}{}", of.metric, counted_suffix(of))
}

fn gauges(levels: &[(Level, u64)], fires: f64, quiet: f64) -> Option<Vec<Part>> {
    let part = |(level, steps): &(Level, u64)| match level {
        Level::Fires => Some(Part::Stays(fires, *steps)),
        Level::Quiet => Some(Part::Stays(quiet, *steps)),
        Level::Gone => Some(Part::Gone(*steps)),
        _ => None,
    };
    levels.iter().map(part).collect()
}
