use crate::golden::{Match, Series};
use crate::objectives::indicator::{Bound, Indicator};
use crate::objectives::quantities::span;
use crate::objectives::slo::Slo;
use crate::objectives::slo_error_kind::SloErrorKind;

/// A bound of what an indicator measures over time.
#[derive(Clone, Copy)]
struct Bounded<'a> {
    measure: Measure,
    of: &'a Series,
    bound: Bound,
}

#[derive(Clone, Copy, PartialEq)]
enum Measure {
    Rate,
    Age,
    Value,
}

/// Refuses an objective with a bound that contradicts another one of the same measure of the same series.
pub(super) fn check(slo: &Slo, other: &Slo) -> Result<(), SloErrorKind> {
    let (Some(one), Some(two)) = (bounded(slo.indicator()), bounded(other.indicator())) else {
        return Ok(());
    };
    if one.measure != two.measure || !are_same(one.of, two.of) {
        return Ok(());
    }
    match (one.bound, two.bound) {
        (Bound::AtMost(most), Bound::AtMost(its)) => check_order(slo, other, most - its),
        (Bound::AtLeast(least), Bound::AtLeast(its)) => check_order(slo, other, its - least),
        (Bound::AtMost(most), Bound::AtLeast(least)) | (Bound::AtLeast(least), Bound::AtMost(most)) => {
            // Each can hold in its part of the time.
            if least <= most || slo.target() + other.target() <= 100.0 {
                return Ok(());
            }
            Err(SloErrorKind::NoCommonValue {
                bound: text(slo.indicator()),
                target: slo.target(),
                other: other.name().to_owned(),
                other_bound: text(other.indicator()),
                other_target: other.target(),
            })
        }
    }
}

/// Refuses a looser bound without a higher target, and two targets for one bound. `looser`: by how much the first is.
fn check_order(slo: &Slo, other: &Slo, looser: f64) -> Result<(), SloErrorKind> {
    if looser == 0.0 {
        return check_target(slo, other);
    }
    let (loose, strict) = if looser > 0.0 { (slo, other) } else { (other, slo) };
    if loose.target() > strict.target() {
        return Ok(());
    }
    Err(SloErrorKind::NeverBindingBound {
        implied: loose.name().to_owned(),
        implied_target: loose.target(),
        implied_bound: text(loose.indicator()),
        by: strict.name().to_owned(),
        target: strict.target(),
        bound: text(strict.indicator()),
    })
}

/// Refuses two targets for the same.
pub(super) fn check_target(slo: &Slo, other: &Slo) -> Result<(), SloErrorKind> {
    if are_equal(slo.target(), other.target()) {
        return Ok(());
    }
    Err(SloErrorKind::TwoTargets {
        what: text(slo.indicator()),
        target: slo.target(),
        other: other.name().to_owned(),
        other_target: other.target(),
    })
}

/// Targets that differ by less are the same: 100 times 0.9901 is a little less than 99.01 in binary.
pub(super) fn are_equal(one: f64, two: f64) -> bool {
    (one - two).abs() < 1e-9
}

fn bounded(indicator: &Indicator) -> Option<Bounded<'_>> {
    let (measure, of, bound) = match indicator {
        Indicator::Throughput { events, at_least } => (Measure::Rate, events, Bound::AtLeast(*at_least)),
        Indicator::Freshness { timestamp, at_most } => {
            (Measure::Age, timestamp, Bound::AtMost(at_most.as_secs_f64()))
        }
        Indicator::Gauge { gauge, bound } => (Measure::Value, gauge, *bound),
        Indicator::Availability(_) | Indicator::Latency { .. } | Indicator::Correctness { .. } => {
            return None;
        }
    };
    Some(Bounded { measure, of, bound })
}

/// What an indicator counts as good, for a person.
fn text(indicator: &Indicator) -> String {
    match indicator {
        Indicator::Availability(work) | Indicator::Latency { work, .. } => work.to_string(),
        Indicator::Correctness { bad, total } => format!("{} that are not {}", name(total), name(bad)),
        Indicator::Throughput { events, at_least } => {
            format!("{at_least} or more of {} per second", name(events))
        }
        Indicator::Freshness { timestamp, at_most } => {
            format!("an age of {} of at most {}", name(timestamp), span(*at_most))
        }
        Indicator::Gauge { gauge, bound: Bound::AtMost(most) } => {
            format!("{} of at most {most}", name(gauge))
        }
        Indicator::Gauge { gauge, bound: Bound::AtLeast(least) } => {
            format!("{} of at least {least}", name(gauge))
        }
    }
}

fn name(series: &Series) -> String {
    let labels: Vec<String> = series.matchers().map(|(label, value)| matcher(label, value)).collect();
    let metric = series.metric();
    if labels.is_empty() { metric.to_owned() } else { format!("{metric}{{{}}}", labels.join(",")) }
}

fn matcher(label: &str, value: &Match) -> String {
    match value {
        Match::OneOf(values) => format!("{label}={:?}", values.join("|")),
        Match::StartsWith(starts) => format!("{label}=^{:?}", starts.join("|")),
        Match::NoneOf(values) => format!("{label}!={:?}", values.join("|")),
    }
}

/// Whether two select the same series: the order of labels and of their values makes no difference.
pub(super) fn are_same(one: &Series, two: &Series) -> bool {
    one.metric() == two.metric() && matchers(one) == matchers(two)
}

/// The matchers in an order of their own, each once.
fn matchers(series: &Series) -> Vec<(&str, u8, Vec<&str>)> {
    let mut matchers: Vec<_> = series.matchers().map(ordered).collect();
    matchers.sort_unstable();
    matchers.dedup();
    matchers
}

fn ordered<'a>((label, value): (&'a str, &'a Match)) -> (&'a str, u8, Vec<&'a str>) {
    let (kind, values) = match value {
        Match::OneOf(values) => (0, values),
        Match::StartsWith(values) => (1, values),
        Match::NoneOf(values) => (2, values),
    };
    let mut values: Vec<&str> = values.iter().map(String::as_str).collect();
    values.sort_unstable();
    values.dedup();
    (label, kind, values)
}
