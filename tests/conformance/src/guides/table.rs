//! The table of a guide, and its comparison with a scrape.

use std::any::Any;
use std::collections::BTreeSet;

use radiosonde_metrics::{Descriptor, Registry};

use crate::{Family, FamilyKind, Sample};

/// A public helper, with the metrics of a guide that come from it.
#[derive(Debug)]
pub struct Door {
    /// Its path, and what is chosen for the guide's names.
    pub helper: &'static str,
    /// Declares the metrics with the helper, and records something.
    pub make: fn(&Registry) -> Kept,
    /// The metrics, as the guide has them.
    pub metrics: &'static [Metric],
}

/// What keeps gauges up until the scrape.
pub type Kept = Box<dyn Any>;

/// A metric as a guide has it.
#[derive(Debug)]
pub struct Metric {
    name: &'static str,
    kind: FamilyKind,
    /// `name`; `name=a|b` with all its values; `+name: reason` for a label that the guide does not have.
    labels: &'static [&'static str],
    /// Empty for a number of things.
    unit: &'static str,
    /// The sum of what `make` has recorded: of the values, or of the counts of a histogram or summary.
    sum: f64,
}

/// A sum that is not known, but above zero.
pub(crate) const SOME: f64 = f64::NAN;

type Labels = &'static [&'static str];

pub(crate) const fn counter(name: &'static str, labels: Labels, unit: &'static str, sum: f64) -> Metric {
    Metric { name, kind: FamilyKind::Counter, labels, unit, sum }
}

pub(crate) const fn gauge(name: &'static str, labels: Labels, unit: &'static str, sum: f64) -> Metric {
    Metric { name, kind: FamilyKind::Gauge, labels, unit, sum }
}

pub(crate) const fn histogram(name: &'static str, labels: Labels, unit: &'static str, sum: f64) -> Metric {
    Metric { name, kind: FamilyKind::Histogram, labels, unit, sum }
}

pub(crate) const fn summary(name: &'static str, labels: Labels, unit: &'static str, sum: f64) -> Metric {
    Metric { name, kind: FamilyKind::Summary, labels, unit, sum }
}

impl Door {
    pub(crate) fn differences(&self) -> Vec<String> {
        let registry = Registry::new();
        let _kept = (self.make)(&registry);
        let exposition = crate::text(&registry.text()).unwrap();
        let descriptors = registry.descriptors();
        let mut differences = Vec::new();
        for metric in self.metrics {
            let declared = descriptors.iter().find(|descriptor| descriptor.name() == metric.name);
            let found = match exposition.family(metric.name) {
                Some(family) => metric.differences(family, declared),
                None => vec!["is not exposed".to_owned()],
            };
            let by = |what| format!("{}: {} {what}", self.helper, metric.name);
            differences.extend(found.into_iter().map(by));
        }
        differences
    }
}

impl Metric {
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    fn differences(&self, family: &Family, declared: Option<&Descriptor>) -> Vec<String> {
        let mut differences = Vec::new();
        if family.kind != self.kind {
            differences.push(format!("is a {:?}, not a {:?}", family.kind, self.kind));
        }
        let help = family.help.as_deref().unwrap_or_default();
        if !self.name.contains(&format!("_{}", self.unit)) && !help.contains(self.unit) {
            differences.push(format!("does not have the unit {:?}: {help:?}", self.unit));
        }
        let expected: BTreeSet<&str> =
            self.labels.iter().map(|label| name_and_values(label).0).filter(|name| is_own(name)).collect();
        for sample in &family.samples {
            let labels: BTreeSet<&str> = labels_of(sample).collect();
            if labels != expected {
                differences.push(format!("has the labels {labels:?}, not {expected:?}"));
                break;
            }
        }
        for label in self.labels {
            if let Some((name, "")) = added(label) {
                differences.push(format!("has the label {name} without a reason"));
            }
            let (name, values) = name_and_values(label);
            let Some(values) = values else { continue };
            let expected: BTreeSet<&str> = values.split('|').collect();
            let exposed: BTreeSet<&str> =
                family.samples.iter().filter_map(|sample| sample.label(name)).collect();
            if exposed != expected {
                differences.push(format!("has {exposed:?} as {name}, not {expected:?}"));
            }
        }
        let sum = self.sum_of(family);
        if (self.sum.is_nan() && sum <= 0.0) || (!self.sum.is_nan() && (sum - self.sum).abs() > 1e-9) {
            differences.push(format!("has the sum {sum}, not {}", self.sum));
        }
        // Those of a process are read by a collector that declares nothing.
        if declared.is_none() && !self.name.starts_with("process_") {
            differences.push("is not in the catalogue".to_owned());
        }
        differences
    }

    fn sum_of(&self, family: &Family) -> f64 {
        let has_count = matches!(self.kind, FamilyKind::Histogram | FamilyKind::Summary);
        let counted = if has_count { format!("{}_count", self.name) } else { self.name.to_owned() };
        family
            .samples
            .iter()
            .filter(|sample| sample.name == counted)
            .map(|sample| sample.value.as_f64())
            .sum()
    }
}

/// The name of a label in the table, and its values.
fn name_and_values(label: &str) -> (&str, Option<&str>) {
    if let Some((name, _)) = added(label) {
        return (name, None);
    }
    label.split_once('=').map_or((label, None), |(name, values)| (name, Some(values)))
}

/// The name of a label that the guide does not have, and the reason for it.
fn added(label: &str) -> Option<(&str, &str)> {
    let added = label.strip_prefix('+')?;
    Some(added.split_once(": ").unwrap_or((added, "")))
}

/// The labels that are the metric's own.
fn labels_of(sample: &Sample) -> impl Iterator<Item = &str> {
    sample.labels.iter().map(|(name, _)| name.as_str()).filter(|name| is_own(name))
}

fn is_own(label: &str) -> bool {
    !["le", "quantile"].contains(&label)
}
