use std::time::Duration;

use crate::objectives::burn_window::BurnWindow;
use crate::objectives::indicator::{Bound, Indicator};
use crate::objectives::slo::Slo;
use crate::objectives::slo_error_kind::SloErrorKind;
use crate::objectives::slo_metrics::MAX_PAIRS;

const DAY: Duration = Duration::from_secs(24 * 3600);
const PERIODS: [Duration; 2] = [Duration::from_secs(60), DAY.saturating_mul(366)];
const THRESHOLDS: [Duration; 2] = [Duration::from_micros(1), DAY.saturating_mul(7)];
const LONGEST_NAME: usize = 100;

/// Refuses an objective that makes no sense by itself.
pub(crate) fn check(slo: &Slo) -> Result<(), SloErrorKind> {
    check_name(slo.name())?;
    check_target(slo.target())?;
    let period = slo.budget_period();
    if !(PERIODS[0]..=PERIODS[1]).contains(&period) {
        return Err(SloErrorKind::Period(period));
    }
    let least = slo.least_bad_events();
    if !(least.is_finite() && least >= 0.0) {
        return Err(SloErrorKind::MinBadEvents(least));
    }
    check_indicator(slo.indicator())?;
    check_traffic(slo)?;
    if slo.burn_windows().len() > MAX_PAIRS {
        return Err(SloErrorKind::TooMany { what: "pairs of windows", most: MAX_PAIRS });
    }
    slo.burn_windows().iter().try_for_each(|window| check_window(slo, window))
}

fn check_name(name: &str) -> Result<(), SloErrorKind> {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    let begins = name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    let is_valid = begins && name.len() <= LONGEST_NAME && name.bytes().all(is_usual);
    if is_valid { Ok(()) } else { Err(SloErrorKind::Name) }
}

fn check_target(target: f64) -> Result<(), SloErrorKind> {
    if target > 0.0 && target < 1.0 {
        return Err(SloErrorKind::Ratio(target));
    }
    let is_percentage = target > 1.0 && target < 100.0;
    if is_percentage { Ok(()) } else { Err(SloErrorKind::Target(target)) }
}

fn check_indicator(indicator: &Indicator) -> Result<(), SloErrorKind> {
    match indicator {
        Indicator::Availability(_) | Indicator::Correctness { .. } => Ok(()),
        Indicator::Latency { threshold, .. } => {
            let is_sensible = (THRESHOLDS[0]..=THRESHOLDS[1]).contains(threshold);
            if is_sensible { Ok(()) } else { Err(SloErrorKind::Threshold(*threshold)) }
        }
        Indicator::Throughput { at_least, .. } => check_positive(*at_least),
        Indicator::Freshness { at_most, .. } => check_positive(at_most.as_secs_f64()),
        Indicator::Gauge { bound: Bound::AtMost(bound) | Bound::AtLeast(bound), .. } => {
            if bound.is_finite() {
                Ok(())
            } else {
                Err(SloErrorKind::Bound(*bound))
            }
        }
    }
}

fn check_positive(bound: f64) -> Result<(), SloErrorKind> {
    if bound.is_finite() && bound > 0.0 { Ok(()) } else { Err(SloErrorKind::Bound(bound)) }
}

/// Refuses an error budget of less than one event.
fn check_traffic(slo: &Slo) -> Result<(), SloErrorKind> {
    let Some(per_second) = slo.events_per_second() else { return Ok(()) };
    if !(per_second.is_finite() && per_second > 0.0) {
        return Err(SloErrorKind::ExpectedTraffic(per_second));
    }
    if !slo.indicator().counts_events() {
        return Err(SloErrorKind::TrafficOfTime(per_second));
    }
    let (target, period) = (slo.target(), slo.budget_period());
    let events = per_second * period.as_secs_f64();
    // A budget of one event, such as 0.01 % of 10,000, is a little less in binary.
    if events * slo.error_budget() < 1.0 - 1e-9 {
        return Err(SloErrorKind::Budget { target, events, period });
    }
    Ok(())
}

fn check_window(slo: &Slo, window: &BurnWindow) -> Result<(), SloErrorKind> {
    let BurnWindow { long, short, factor, .. } = *window;
    let (target, period) = (slo.target(), slo.budget_period());
    if long.is_zero() || short.is_zero() {
        return Err(SloErrorKind::EmptyWindow);
    }
    if short > long {
        return Err(SloErrorKind::ShortWindow { short, long });
    }
    if long > period {
        return Err(SloErrorKind::LongWindow { long, period });
    }
    if !(factor.is_finite() && factor > 0.0) {
        return Err(SloErrorKind::Factor(factor));
    }
    if !is_reachable(slo.error_budget(), factor) {
        return Err(SloErrorKind::Unreachable { target, factor });
    }
    Ok(())
}

/// Whether a share of bad events can be above this factor of the budget.
pub(crate) fn is_reachable(budget: f64, factor: f64) -> bool {
    // 10 times 10 % is a little less than 100 % in binary.
    budget * factor < 1.0 - 1e-9
}
