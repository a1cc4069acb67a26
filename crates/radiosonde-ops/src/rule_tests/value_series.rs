use std::time::Duration;

use radiosonde_metrics::model::Kind;

use crate::catalogue::{Catalogue, SaturationEntry, Selector, ValueEntry};
use crate::promql::{Scope, counted_suffix};
use crate::rule_tests::level::{Level, Span};
use crate::rule_tests::quantile_series::quantile_spans;
use crate::rule_tests::sample_labels::SampleLabels;
use crate::rule_tests::story::{Part, restarting};

/// The number of events between two samples, where they are free.
const EVENTS: f64 = 10_000.0;

/// Series of metrics that bring a value to levels around a threshold, one after the other.
pub(crate) struct ValueSeries<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) scope: &'a Scope,
    pub(crate) step: Duration,
    pub(crate) by: Option<&'a str>,
    pub(crate) threshold: f64,
    pub(crate) is_above: bool,
    pub(crate) levels: &'a [(Level, u64)],
}

impl ValueSeries<'_> {
    /// `None` if the value has no such level.
    pub(crate) fn spans(&self, value: &ValueEntry) -> Option<Vec<Span>> {
        let [fires, quiet] = self.sides();
        match value {
            ValueEntry::Gauge { gauge, .. } => {
                Some(vec![(self.labels(gauge).series(&gauge.metric), gauges(self.levels, fires, quiet)?)])
            }
            ValueEntry::Share { part, all } => self.share(part, all),
            ValueEntry::Saturation(resources) => {
                let is_known = |part: &&SaturationEntry| part.limit.is_some() || part.fixed_limit.is_some();
                self.saturation(resources.iter().find(is_known)?)
            }
            // Time begins at 0 in a test: a time in the future is no age.
            ValueEntry::Age(of) if self.is_above => {
                Some(vec![(self.labels(of).series(&of.metric), gauges(self.levels, 1.0, 1e9)?)])
            }
            ValueEntry::Age(_) => None,
            ValueEntry::Increase { events, window } => {
                let [fires, quiet] = [fires, quiet].map(|level| level.max(0.0) / window.as_secs_f64());
                Some(vec![(self.labels(events).series(&name(events)), self.counters(fires, quiet)?)])
            }
            ValueEntry::Rate { events, .. } => {
                let parts = self.counters(fires.max(0.0), quiet.max(0.0))?;
                Some(vec![(self.labels(events).series(&name(events)), parts)])
            }
            ValueEntry::Ratio { bad, all, .. } => self.ratio(bad.first()?, all.first()?),
            ValueEntry::Quantile { quantile, histograms, .. } => {
                let histogram = histograms.first()?;
                let bounds = self.catalogue.metric(&histogram.metric)?.buckets.as_deref()?;
                let sides = (self.threshold, self.is_above);
                quantile_spans(
                    &self.labels(histogram),
                    &histogram.metric,
                    bounds,
                    *quantile,
                    sides,
                    self.levels,
                )
            }
        }
    }

    /// A value beyond the threshold, and one well on the other side.
    fn sides(&self) -> [f64; 2] {
        let distance = (self.threshold.abs() / 2.0).max(0.01);
        let (high, low) = (self.threshold + distance, self.threshold - distance);
        if self.is_above { [high, low] } else { [low, high] }
    }

    fn labels(&self, of: &Selector) -> SampleLabels {
        let labels = SampleLabels::of(of, self.scope);
        match self.by {
            Some(label) if !of.matchers.iter().any(|(own, _)| own == label) => labels.with(label, "one"),
            _ => labels,
        }
    }

    /// Those of series that only the second selector selects.
    fn rest(&self, part: &Selector, all: &Selector) -> Option<SampleLabels> {
        let rest = SampleLabels::outside(all, part, self.scope)?;
        Some(self.by.into_iter().fold(rest, |rest, label| rest.with(label, "one")))
    }

    fn share(&self, part: &Selector, all: &Selector) -> Option<Vec<Span>> {
        let [fires, quiet] = self.sides().map(|share| share.clamp(0.0, 1.0) * 1000.0);
        let is_part = SampleLabels::is_part(part, all, self.scope);
        let rest = |share: f64| if is_part { 1000.0 - share } else { 1000.0 };
        let rest =
            (self.rest(part, all)?.series(&all.metric), gauges(self.levels, rest(fires), rest(quiet))?);
        Some(vec![(self.labels(part).series(&part.metric), gauges(self.levels, fires, quiet)?), rest])
    }

    fn saturation(&self, resource: &SaturationEntry) -> Option<Vec<Span>> {
        let SaturationEntry { in_use, limit, fixed_limit } = resource;
        let most = fixed_limit.unwrap_or(1000.0);
        let [fires, quiet] = self.sides().map(|share| share.max(0.0) * most);
        let in_use_parts = match in_use.kind {
            Kind::Counter => self.counters(fires, quiet)?,
            _ => gauges(self.levels, fires, quiet)?,
        };
        let steps = self.levels.iter().map(|(_, steps)| steps).sum();
        let limit = limit
            .iter()
            .map(|limit| (self.labels(limit).series(&limit.metric), vec![Part::Stays(most, steps)]));
        Some(
            std::iter::once((self.labels(in_use).series(&name(in_use)), in_use_parts)).chain(limit).collect(),
        )
    }

    /// Counters that grow by so much a second.
    fn counters(&self, fires: f64, quiet: f64) -> Option<Vec<Part>> {
        let seconds = self.step.as_secs_f64();
        let each = self.levels.iter().map(|(level, steps)| {
            Some(match level {
                Level::Fires => vec![Part::Grows(fires * seconds, *steps)],
                Level::Quiet => vec![Part::Grows(quiet * seconds, *steps)],
                Level::FiresRestart if fires > quiet => restarting(fires * seconds, *steps),
                Level::QuietRestart if fires > quiet => restarting(quiet * seconds, *steps),
                Level::Idle if fires > quiet => vec![Part::Grows(0.0, *steps)],
                Level::Gone => vec![Part::Gone(*steps)],
                _ => return None,
            })
        });
        Some(each.collect::<Option<Vec<_>>>()?.concat())
    }

    fn ratio(&self, bad: &Selector, all: &Selector) -> Option<Vec<Span>> {
        let [fires, quiet] = self.sides().map(|share| share.clamp(0.0, 1.0));
        let has = |wanted: Level| self.levels.iter().any(|(level, _)| *level == wanted);
        // Too few bad ones are the alert.
        let is_bad = |(level, _): &(Level, u64)| {
            matches!(level, Level::Idle | Level::NoBadSeries | Level::OneOfMany | Level::Few(_))
        };
        if fires < quiet && self.levels.iter().any(is_bad) {
            return None;
        }
        let is_part = SampleLabels::is_part(bad, all, self.scope);
        let good = self.rest(bad, all)?;
        let good_share = |share: f64| if is_part { 1.0 - share } else { 1.0 };
        let mut spans =
            vec![(good.series(&name(all)), self.shares([fires, quiet, 0.0, 1.0].map(good_share)))];
        if !has(Level::NoBadSeries) {
            spans.push((self.labels(bad).series(&name(bad)), self.shares([fires, quiet, 0.0, 1.0])));
        }
        if has(Level::OneOfMany) {
            let steps = self.levels.iter().map(|(_, steps)| steps).sum();
            spans.push((
                good.with("instance", "b:80").series(&name(all)),
                vec![Part::Grows(EVENTS * 1e6, steps)],
            ));
        }
        Some(spans)
    }

    /// A counter of these shares of all events.
    fn shares(&self, [fires, quiet, without_bad, outage]: [f64; 4]) -> Vec<Part> {
        let grown = |share: f64| (EVENTS * share).round();
        let part = |(level, steps): &(Level, u64)| match level {
            Level::Fires | Level::OneOfMany => vec![Part::Grows(grown(fires), *steps)],
            Level::Quiet => vec![Part::Grows(grown(quiet), *steps)],
            Level::FiresRestart => restarting(grown(fires), *steps),
            Level::QuietRestart => restarting(grown(quiet), *steps),
            Level::Few(events) => vec![Part::Jumps(f64::from(*events) * outage, *steps)],
            Level::Idle => vec![Part::Grows(0.0, *steps)],
            Level::NoBadSeries => vec![Part::Grows(grown(without_bad), *steps)],
            Level::Gone => vec![Part::Gone(*steps)],
        };
        self.levels.iter().flat_map(part).collect()
    }
}

/// The name of the sample that counts.
pub(crate) fn name(of: &Selector) -> String {
    format!("{}{}", of.metric, counted_suffix(of))
}

pub(crate) fn gauges(levels: &[(Level, u64)], fires: f64, quiet: f64) -> Option<Vec<Part>> {
    let part = |(level, steps): &(Level, u64)| match level {
        Level::Fires => Some(Part::Stays(fires, *steps)),
        Level::Quiet => Some(Part::Stays(quiet, *steps)),
        Level::Gone => Some(Part::Gone(*steps)),
        _ => None,
    };
    levels.iter().map(part).collect()
}
