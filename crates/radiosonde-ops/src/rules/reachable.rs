use crate::catalogue::{Catalogue, ConditionEntry, ValueEntry};
use crate::rules::refused::GenerateErrorKind;

/// Refuses a threshold that no value passes.
pub(crate) fn check_reachable(
    catalogue: &Catalogue,
    condition: &ConditionEntry,
) -> Result<(), GenerateErrorKind> {
    match condition {
        ConditionEntry::Above { value, threshold, .. } => match most(catalogue, value) {
            Some(most) if *threshold >= most => {
                Err(GenerateErrorKind::NeverAbove { threshold: *threshold, most })
            }
            _ => Ok(()),
        },
        // All values but those of gauges are counts, shares and times.
        ConditionEntry::Below { value, threshold, .. } if *threshold <= 0.0 => match value {
            ValueEntry::Gauge { .. }
            | ValueEntry::Share { .. }
            | ValueEntry::Saturation(_)
            | ValueEntry::Age(_) => Ok(()),
            _ => Err(GenerateErrorKind::NeverBelow(*threshold)),
        },
        _ => Ok(()),
    }
}

/// The highest number that a value can be, if there is one.
fn most(catalogue: &Catalogue, value: &ValueEntry) -> Option<f64> {
    match value {
        ValueEntry::Ratio { .. } => Some(1.0),
        // Beyond the last bound, a quantile is that bound.
        ValueEntry::Quantile { histograms, .. } => {
            let bounds = histograms.iter().filter_map(|histogram| {
                catalogue.metric(&histogram.metric)?.buckets.as_deref()?.last().copied()
            });
            bounds.reduce(f64::max)
        }
        _ => None,
    }
}
