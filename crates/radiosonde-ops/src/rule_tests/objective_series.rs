use crate::catalogue::{IndicatorEntry, ObjectiveEntry, Selector};
use crate::promql::{Scope, spellings};
use crate::rule_tests::objective_step::step;
use crate::rule_tests::sample_labels::SampleLabels;
use crate::rule_tests::story::Part;
use crate::rule_tests::value_series::name;

/// A part of the story of an objective, for a number of steps.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Phase {
    /// All events are good, and there is no series of bad ones yet.
    Good(u64),
    /// All events are bad.
    Bad(u64),
    /// This share of the events is bad.
    Share(f64, u64),
    /// The same, in a process that has just started: its counters begin at 0, and its times were never set.
    Restart(f64, u64),
    /// There is this number of events in all, and all are bad.
    Few(f64, u64),
    /// There are no events.
    Idle(u64),
    /// There are no series.
    Gone(u64),
    /// All events are good, in a histogram whose `le` is spelt in the other way.
    OtherSpelling(u64),
}

/// The series of an objective in these phases.
pub(crate) fn phases(
    objective: &ObjectiveEntry,
    scope: &Scope,
    events_per_step: f64,
    phases: &[Phase],
) -> Vec<(String, Vec<Part>)> {
    let counts =
        |count: fn(Phase, f64) -> Part| phases.iter().map(|phase| count(*phase, events_per_step)).collect();
    let has_bad =
        phases.iter().any(|phase| !matches!(phase, Phase::Good(_) | Phase::Idle(_) | Phase::Gone(_)));
    match &objective.indicator {
        IndicatorEntry::Events { bad, total } => {
            let (Some(bad), Some(total)) = (bad.first(), total.first()) else { return Vec::new() };
            let is_part = SampleLabels::is_part(bad, total, scope);
            let good = SampleLabels::outside(total, bad, scope).map(|labels| {
                (
                    labels.series(&name(total)),
                    counts(if is_part {
                        |phase, n| events(phase, n, |share| 1.0 - share)
                    } else {
                        |phase, n| events(phase, n, |_| 1.0)
                    }),
                )
            });
            let bad_series = || {
                (
                    SampleLabels::of(bad, scope).series(&name(bad)),
                    counts(|phase, n| events(phase, n, |share| share)),
                )
            };
            good.into_iter().chain(has_bad.then(bad_series)).collect()
        }
        IndicatorEntry::Latency { histograms, threshold } => histograms
            .first()
            .map(|histogram| latency(histogram, *threshold, scope, events_per_step, phases))
            .unwrap_or_default(),
        IndicatorEntry::Throughput { events, at_least } => {
            let step = step(objective).as_secs_f64();
            // The rate of a window is that of all of it, and the first one has just begun.
            let enough = (at_least * 10.0 * step).max(1.0);
            let parts = phases.iter().map(|phase| measured(*phase, enough, 0.0, true)).collect();
            vec![(SampleLabels::of(events, scope).series(&name(events)), parts)]
        }
        IndicatorEntry::Freshness { timestamp, .. } => {
            // Time starts at 0 in a test, and an update in the future is as good as one of now.
            let part = |phase: &Phase| match *phase {
                // It was never set.
                Phase::Restart(_, steps) => Part::Stays(0.0, steps),
                _ => measured(*phase, 1e9, 1.0, false),
            };
            let parts = phases.iter().map(part).collect();
            vec![(SampleLabels::of(timestamp, scope).series(&timestamp.metric), parts)]
        }
        IndicatorEntry::AtMost { gauge, value } => {
            let parts = phases
                .iter()
                .map(|phase| measured(*phase, *value, value + value.abs() + 1.0, false))
                .collect();
            vec![(SampleLabels::of(gauge, scope).series(&gauge.metric), parts)]
        }
        IndicatorEntry::AtLeast { gauge, value } => {
            let parts = phases
                .iter()
                .map(|phase| measured(*phase, *value, value - value.abs() - 1.0, false))
                .collect();
            vec![(SampleLabels::of(gauge, scope).series(&gauge.metric), parts)]
        }
    }
}

fn latency(
    histogram: &Selector,
    threshold: f64,
    scope: &Scope,
    per_step: f64,
    phases: &[Phase],
) -> Vec<(String, Vec<Part>)> {
    let labels = SampleLabels::of(histogram, scope);
    let spellings = spellings(threshold);
    let is_other = matches!(phases.first(), Some(Phase::OtherSpelling(_)));
    let le = if is_other { spellings.last() } else { spellings.first() };
    let bucket = labels.clone().with("le", le.map_or("", String::as_str));
    let counts = |part: fn(f64) -> f64| phases.iter().map(|phase| events(*phase, per_step, part)).collect();
    vec![
        (labels.series(&name(histogram)), counts(|_| 1.0)),
        (bucket.series(&format!("{}_bucket", histogram.metric)), counts(|share| 1.0 - share)),
    ]
}

/// A counter of those events of which there is this part at a share of bad ones.
fn events(phase: Phase, per_step: f64, part: fn(f64) -> f64) -> Part {
    let whole = |share: f64| (per_step * part(share)).round();
    match phase {
        Phase::Good(steps) | Phase::OtherSpelling(steps) => Part::Grows(whole(0.0), steps),
        Phase::Bad(steps) => Part::Grows(whole(1.0), steps),
        Phase::Share(share, steps) => Part::Grows(whole(share), steps),
        Phase::Restart(share, steps) => Part::Restarts(whole(share), steps),
        Phase::Few(all, steps) => Part::Jumps(all * part(1.0), steps),
        Phase::Idle(steps) => Part::Grows(0.0, steps),
        Phase::Gone(steps) => Part::Gone(steps),
    }
}

/// A gauge that is good or bad, or a counter that grows by that.
fn measured(phase: Phase, good: f64, bad: f64, grows: bool) -> Part {
    let part = |value, steps| if grows { Part::Grows(value, steps) } else { Part::Stays(value, steps) };
    match phase {
        Phase::Bad(steps) | Phase::Share(_, steps) | Phase::Restart(_, steps) | Phase::Few(_, steps) => {
            part(bad, steps)
        }
        Phase::Good(steps) | Phase::Idle(steps) | Phase::OtherSpelling(steps) => part(good, steps),
        Phase::Gone(steps) => Part::Gone(steps),
    }
}
