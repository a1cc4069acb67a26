use std::fmt;

use crate::objectives::quantities::{number, span};
use crate::objectives::slo_error_kind::SloErrorKind;

impl fmt::Display for SloErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(_)
            | Self::Ratio(_)
            | Self::Name
            | Self::Period(_)
            | Self::MinBadEvents(_)
            | Self::ExpectedTraffic(_)
            | Self::TrafficOfTime(_)
            | Self::Threshold(_)
            | Self::Bound(_)
            | Self::TooMany { .. }
            | Self::Levels { .. } => self.value(f),
            Self::Budget { .. }
            | Self::EmptyWindow
            | Self::ShortWindow { .. }
            | Self::LongWindow { .. }
            | Self::Factor(_)
            | Self::Unreachable { .. } => self.alert(f),
            Self::Duplicate
            | Self::Availability { .. }
            | Self::Latency { .. }
            | Self::NeverBinding { .. } => self.contradiction(f),
            Self::TwoTargets { .. } | Self::NeverBindingBound { .. } | Self::NoCommonValue { .. } => {
                self.contradicting_bound(f)
            }
            Self::NoLatency { .. }
            | Self::NoErrors { .. }
            | Self::NoItems { .. }
            | Self::NoBucket { .. }
            | Self::NoLabel { .. }
            | Self::MetricKind { .. } => self.metric(f),
            Self::Metric(error) => error.fmt(f),
        }
    }
}

impl SloErrorKind {
    /// A value that makes no sense by itself.
    fn value(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(target) => {
                write!(f, "target {target}: expected a percentage above 1 and below 100, such as 99.9")
            }
            Self::Ratio(target) => {
                write!(f, "target {target} is a ratio: expected a percentage, {}", number(target * 100.0))
            }
            Self::Name => f.write_str(
                "invalid name: expected 1 to 100 letters, digits and characters of \"_-.:\", beginning with a letter",
            ),
            Self::Period(period) => {
                write!(f, "period {}: expected 1 minute to 366 days, such as 30 days", span(*period))
            }
            Self::MinBadEvents(events) => {
                write!(f, "at least {events} bad events: expected a number from 0 on, such as 5")
            }
            Self::ExpectedTraffic(events) => {
                write!(f, "expected traffic {events}: expected a number of events per second above 0")
            }
            Self::TrafficOfTime(events) => write!(
                f,
                "expected traffic {events}: expected none, as the objective counts time and not events"
            ),
            Self::Threshold(threshold) => {
                write!(f, "threshold {}: expected 1µs to 7 days, such as 500ms", span(*threshold))
            }
            Self::Bound(bound) => {
                write!(f, "bound {bound}: expected a finite number, and for a rate or an age one above 0")
            }
            Self::TooMany { what, most } => write!(f, "too many {what}: expected at most {most}"),
            Self::Levels { levels: [target, warning, critical] } => write!(
                f,
                "target {target}, warning {warning}, critical {critical}: expected each level to be looser than the one before"
            ),
            _ => Ok(()),
        }
    }

    /// A budget or a window in which no alert can fire, or every event fires it.
    fn alert(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Budget { target, events, period } => {
                write!(
                    f,
                    "of {} events in {}, {} % are {}: less than one may be bad; expected ",
                    number(*events),
                    span(*period),
                    number(100.0 - target),
                    number(events * (100.0 - target) / 100.0)
                )?;
                // Of two events, one may be bad: the target is 50 %.
                match below(100.0 - 100.0 / events) {
                    target if target > 1.0 => write!(f, "a target up to {target} %, or a longer period"),
                    _ => f.write_str("a longer period or more traffic"),
                }
            }
            Self::EmptyWindow => f.write_str("window 0s: expected windows such as 1 hour and 5 minutes"),
            Self::ShortWindow { short, long } => write!(
                f,
                "short window {} is longer than the long window {}: expected about a twelfth of it",
                span(*short),
                span(*long)
            ),
            Self::LongWindow { long, period } => write!(
                f,
                "window {} is longer than the period {}: expected shorter windows, or a longer period",
                span(*long),
                span(*period)
            ),
            Self::Factor(factor) => {
                write!(f, "factor {factor}: expected a number above 0, such as 14.4")
            }
            Self::Unreachable { target, factor } => {
                let budget = 100.0 - target;
                write!(
                    f,
                    "{factor} x {} % of budget is {} %, which bad events cannot exceed: expected a target above {} %, or windows with a factor below {}",
                    number(budget),
                    number(factor * budget),
                    above(100.0 - 100.0 / factor),
                    below(100.0 / budget)
                )
            }
            _ => Ok(()),
        }
    }

    /// A contradiction to another objective.
    fn contradiction(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate => {
                f.write_str("another objective has this name and is not the same: expected a name of its own")
            }
            Self::Availability { work, target, other, other_target } => write!(
                f,
                "availability of {work} is {target} %, and {other_target} % in objective {other:?}: expected one target; an error ratio of {} % is an availability of {target} %",
                number(100.0 - target)
            ),
            Self::Latency { work, threshold, target, other, other_target } => write!(
                f,
                "{target} % of {work} within {}, and {other_target} % in objective {other:?}: expected one target for a threshold",
                span(*threshold)
            ),
            Self::NeverBinding { implied, implied_target, implied_threshold, by, target, threshold } => {
                write!(
                    f,
                    "{implied_target} % within {} in {implied:?} always holds if {target} % within {} in {by:?} does: expected a target above {target} % for the longer threshold, or no objective for it",
                    span(*implied_threshold),
                    span(*threshold)
                )
            }
            _ => Ok(()),
        }
    }

    /// A series of which another objective has another target or bound.
    fn contradicting_bound(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoTargets { what, target, other, other_target } => write!(
                f,
                "{target} % for {what}, and {other_target} % in objective {other:?}: expected one target for the same"
            ),
            Self::NeverBindingBound { implied, implied_target, implied_bound, by, target, bound } => write!(
                f,
                "{implied_target} % for {implied_bound} in {implied:?} always holds if {target} % for {bound} in {by:?} does: expected a target above {target} % for the looser bound, or no objective for it"
            ),
            Self::NoCommonValue { bound, target, other, other_bound, other_target } => write!(
                f,
                "{target} % for {bound}, and {other_target} % for {other_bound} in objective {other:?}: no value is within both; expected bounds that have values in common, or targets that are at most 100 % together"
            ),
            _ => Ok(()),
        }
    }

    /// A lack of the declared metrics.
    fn metric(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLatency { work } => {
                write!(
                    f,
                    "{work} has no latency: expected work with a histogram of seconds among its golden signals"
                )
            }
            Self::NoErrors { work } => {
                write!(
                    f,
                    "{work} does not count errors among its traffic: expected work that does, or an objective for correctness"
                )
            }
            Self::NoItems { work } => {
                write!(f, "{work}: this kind has no items: expected a name, or a label")
            }
            Self::NoBucket { metric, threshold, buckets } => write!(
                f,
                "histogram {metric:?} is already declared without the bucket {threshold}: expected the objective to be declared before the work, or {threshold} among its buckets {buckets:?}"
            ),
            Self::NoLabel { metric, label, labels } => {
                write!(f, "metric {metric:?} has no label {label:?}: expected one of {labels:?}")
            }
            Self::MetricKind { metric, kind, expected } => {
                write!(f, "metric {metric:?} is a {}: expected {expected}", kind.as_str())
            }
            _ => Ok(()),
        }
    }
}

/// A percentage with two digits, or more if it would be 100 with them, that is not lower.
fn above(percent: f64) -> f64 {
    let rounded = |scale: f64| (percent * scale - 1e-7).ceil() / scale;
    [1e2, 1e4, 1e6, 1e9].into_iter().map(rounded).find(|percent| *percent < 100.0).unwrap_or(percent)
}

/// A number with two digits that is not higher.
fn below(value: f64) -> f64 {
    (value * 1e2 + 1e-7).floor() / 1e2
}
