use crate::objectives::declaring::bounded::{self, are_equal, are_same, check_target};
use crate::objectives::indicator::Indicator;
use crate::objectives::slo::Slo;
use crate::objectives::slo_error_kind::SloErrorKind;

/// Refuses an objective that contradicts another one; whether it is to be declared, or is the other one.
///
/// Objectives with different periods do not contradict each other, and neither do the levels of a row of a table.
pub(crate) fn is_new(slo: &Slo, others: &[Slo]) -> Result<bool, SloErrorKind> {
    if let Some(other) = others.iter().find(|other| other.name() == slo.name()) {
        return if other == slo { Ok(false) } else { Err(SloErrorKind::Duplicate) };
    }
    if slo.is_level() {
        return Ok(true);
    }
    let comparable = |other: &&Slo| !other.is_level() && other.budget_period() == slo.budget_period();
    others.iter().filter(comparable).try_for_each(|other| check(slo, other))?;
    Ok(true)
}

fn check(slo: &Slo, other: &Slo) -> Result<(), SloErrorKind> {
    match (slo.indicator(), other.indicator()) {
        (Indicator::Availability(work), Indicator::Availability(of_other)) if work.is_same(of_other) => {
            if are_equal(slo.target(), other.target()) {
                return Ok(());
            }
            Err(SloErrorKind::Availability {
                work: work.to_string(),
                target: slo.target(),
                other: other.name().to_owned(),
                other_target: other.target(),
            })
        }
        (Indicator::Latency { work, threshold }, Indicator::Latency { work: of_other, threshold: its })
            if work.is_same(of_other) =>
        {
            if threshold > its {
                return check_binding(slo, other);
            }
            if threshold < its {
                return check_binding(other, slo);
            }
            if are_equal(slo.target(), other.target()) {
                return Ok(());
            }
            Err(SloErrorKind::Latency {
                work: work.to_string(),
                threshold: *threshold,
                target: slo.target(),
                other: other.name().to_owned(),
                other_target: other.target(),
            })
        }
        (
            Indicator::Correctness { bad, total },
            Indicator::Correctness { bad: bad_of_other, total: all_of_other },
        ) if are_same(bad, bad_of_other) && are_same(total, all_of_other) => check_target(slo, other),
        _ => bounded::check(slo, other),
    }
}

/// Refuses two objectives of which the one with the longer threshold has no higher target.
fn check_binding(long: &Slo, short: &Slo) -> Result<(), SloErrorKind> {
    if long.target() > short.target() {
        return Ok(());
    }
    let threshold = |slo: &Slo| match slo.indicator() {
        Indicator::Latency { threshold, .. } => *threshold,
        _ => std::time::Duration::ZERO,
    };
    Err(SloErrorKind::NeverBinding {
        implied: long.name().to_owned(),
        implied_target: long.target(),
        implied_threshold: threshold(long),
        by: short.name().to_owned(),
        target: short.target(),
        threshold: threshold(short),
    })
}
