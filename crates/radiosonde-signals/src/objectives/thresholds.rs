use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use radiosonde_metrics::Registry;

use crate::objectives::indicator::Indicator;
use crate::objectives::slo::Slo;

/// The thresholds of a registry's latency objectives, in the order in which they were declared.
#[derive(Debug, Default)]
pub(crate) struct Thresholds(Mutex<Vec<Threshold>>);

#[derive(Debug, Clone, PartialEq)]
struct Threshold {
    /// The kind of work.
    kind: String,
    /// Its name; `None` is all of the kind.
    name: Option<String>,
    seconds: f64,
}

/// A duration as the bound of a bucket: the number that the literal `0.3` is, for 300 ms. The sum of whole seconds and nanoseconds may
/// differ from it in the last place.
#[allow(clippy::cast_precision_loss, reason = "exact up to 104 days, which no threshold exceeds")]
pub(crate) fn seconds(threshold: Duration) -> f64 {
    threshold.as_nanos() as f64 / 1e9
}

/// Whether a bucket ends at a threshold. Its bound may be the result of a calculation, and differ in the last place.
pub(crate) fn is_same_bound(bound: f64, threshold: f64) -> bool {
    (bound - threshold).abs() <= threshold * 1e-9
}

impl Thresholds {
    pub(crate) fn of(registry: &Registry) -> Arc<Self> {
        registry.attachment()
    }

    /// Adds that of an objective, if it has one.
    pub(crate) fn add(&self, slo: &Slo) {
        let Indicator::Latency { work, threshold } = slo.indicator() else { return };
        let (kind, name) = (work.kind().to_owned(), work.name().map(str::to_owned));
        let new = Threshold { kind, name, seconds: seconds(*threshold) };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&new) {
            all.push(new);
        }
    }

    /// Those for this kind of work, each once: of the work with this name, or of any.
    pub(crate) fn for_work(&self, kind: &str, name: Option<&str>) -> Vec<f64> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_meant = |threshold: &&Threshold| {
            let other = threshold.name.as_deref();
            threshold.kind == kind && (name.is_none() || other.is_none() || name == other)
        };
        let mut seconds: Vec<f64> = Vec::new();
        for threshold in all.iter().filter(is_meant) {
            if !seconds.contains(&threshold.seconds) {
                seconds.push(threshold.seconds);
            }
        }
        seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objectives::work::Work;

    #[test]
    fn a_bound_is_the_number_that_its_literal_is() {
        let literals = [(4_350, 4.35), (300, 0.3), (1_100, 1.1), (2_007, 2.007), (604_800_001, 604_800.001)];
        for (millis, literal) in literals {
            assert!(seconds(Duration::from_millis(millis)).to_bits() == f64::to_bits(literal), "{literal}");
        }
    }

    #[test]
    fn thresholds_are_those_of_the_kind_and_the_name() {
        let thresholds = Thresholds::default();
        let add = |work: Work, millis| {
            thresholds.add(&Slo::latency("a", 99.0, work, Duration::from_millis(millis)));
        };
        add(Work::operation("price"), 300);
        add(Work::operation("ship"), 200);
        add(Work::operation("ship"), 300);
        add(Work::of_kind("operation"), 700);
        add(Work::of_kind("database"), 10);
        thresholds.add(&Slo::availability("b", 99.0, Work::of_kind("operation")));
        assert_eq!(thresholds.for_work("operation", None), [0.3, 0.2, 0.7]);
        assert_eq!(thresholds.for_work("operation", Some("price")), [0.3, 0.7]);
        assert_eq!(thresholds.for_work("operation", Some("ship")), [0.2, 0.3, 0.7]);
        assert_eq!(thresholds.for_work("operation", Some("pack")), [0.7]);
        assert_eq!(thresholds.for_work("database", Some("orders")), [0.01]);
        assert!(thresholds.for_work("queue", None).is_empty());
    }
}
