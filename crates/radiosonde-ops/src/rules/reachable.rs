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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use radiosonde_metrics::model::Kind;
    use radiosonde_metrics::{Buckets, Registry};

    use super::*;
    use crate::catalogue::Selector;

    fn of(kind: Kind) -> Selector {
        Selector { metric: "a".to_owned(), kind, matchers: Vec::new(), former_names: Vec::new() }
    }

    fn check(value: ValueEntry, threshold: f64, is_above: bool) -> Result<(), GenerateErrorKind> {
        let registry = Registry::new();
        registry.histogram("a", "Time.").buckets(Buckets::from_static(&[0.5, 2.0])).build().unwrap();
        let condition = match is_above {
            true => ConditionEntry::Above { value, threshold, by: None },
            false => ConditionEntry::Below { value, threshold, by: None },
        };
        check_reachable(&Catalogue::of(&registry), &condition)
    }

    #[test]
    fn a_threshold_that_no_value_is_above_is_refused() {
        let window = Duration::from_secs(300);
        let (bad, all) = (vec![of(Kind::Counter)], vec![of(Kind::Counter)]);
        let ratio = ValueEntry::Ratio { bad, all, window, min_bad_events: 0.0 };
        assert_eq!(check(ratio.clone(), 0.99, true), Ok(()));
        let never = |threshold, most| Err(GenerateErrorKind::NeverAbove { threshold, most });
        assert_eq!(check(ratio, 1.0, true), never(1.0, 1.0));
        let quantile = ValueEntry::Quantile { quantile: 0.9, histograms: vec![of(Kind::Histogram)], window };
        assert_eq!(check(quantile.clone(), 1.9, true), Ok(()));
        assert_eq!(check(quantile, 2.5, true), never(2.5, 2.0));
    }

    #[test]
    fn a_threshold_that_no_value_is_below_is_refused() {
        let window = Duration::from_secs(300);
        let rate = ValueEntry::Rate { events: of(Kind::Counter), window };
        assert_eq!(check(rate.clone(), 0.1, false), Ok(()));
        assert_eq!(check(rate, 0.0, false), Err(GenerateErrorKind::NeverBelow(0.0)));
        let gauge = ValueEntry::Gauge { gauge: of(Kind::Gauge), merge: crate::catalogue::MergeEntry::Sum };
        assert_eq!(check(gauge, -3.0, false), Ok(()));
    }
}
