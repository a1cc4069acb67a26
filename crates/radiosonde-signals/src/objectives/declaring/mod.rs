//! Checks of an objective when it is declared.

pub(crate) mod against_metrics;
pub(crate) mod against_others;
pub(crate) mod alone;
mod bounded;

use against_metrics::DeclaredMetrics;

use crate::objectives::slo::Slo;
use crate::objectives::slo_error::SloError;
use crate::objectives::slo_error_kind::SloErrorKind;
use crate::objectives::slo_metrics::MAX_OBJECTIVES;

/// Checks objectives that are to be declared beside others; those among them that are not declared yet.
pub(crate) fn check_all(
    slos: Vec<Slo>,
    others: &[Slo],
    metrics: &DeclaredMetrics,
) -> Result<Vec<Slo>, SloError> {
    let mut all = others.to_vec();
    for slo in slos {
        let refused = |kind| SloError::new(slo.name(), kind);
        alone::check(&slo).map_err(refused)?;
        if against_others::is_new(&slo, &all).map_err(refused)? {
            if all.len() >= MAX_OBJECTIVES {
                return Err(refused(SloErrorKind::TooMany { what: "objectives", most: MAX_OBJECTIVES }));
            }
            metrics.check(&slo).map_err(refused)?;
            all.push(slo);
        }
    }
    Ok(all.split_off(others.len()))
}
