//! Rules within a family, for both formats or for OpenMetrics only.

use std::collections::HashSet;

use crate::exposition::{Family, LabelPairs, Sample};
use crate::number::canonical;
use crate::refusal::Refusal;

/// The samples of one metric of a family: those with the same labels, apart from `le` or `quantile`.
pub(crate) struct Metric<'a> {
    family: &'a Family,
    pub(crate) samples: Vec<&'a Sample>,
}

/// Splits a family into its metrics. The samples of each must be adjacent.
pub(crate) fn metrics<'a>(family: &'a Family, without: &str) -> Result<Vec<Metric<'a>>, Refusal> {
    let mut metrics: Vec<Metric<'_>> = Vec::new();
    let mut done: HashSet<LabelPairs> = HashSet::new();
    let mut current: Option<LabelPairs> = None;
    for sample in &family.samples {
        let identity = sample.identity(without);
        if current.as_ref() != Some(&identity) {
            if !done.insert(identity.clone()) {
                return Err(Refusal::new(sample.line, "a metric's samples stand in two places"));
            }
            metrics.push(Metric { family, samples: Vec::new() });
            current = Some(identity);
        }
        if let Some(metric) = metrics.last_mut() {
            metric.samples.push(sample);
        }
    }
    Ok(metrics)
}

/// Checks that no two samples of an exposition have the same name and labels.
pub(crate) fn no_duplicates<'a>(samples: impl Iterator<Item = &'a Sample>) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    for sample in samples {
        if !seen.insert((&sample.name, sample.identity(""))) {
            return Err(Refusal::new(sample.line, format!("a second {} with the same labels", sample.name)));
        }
    }
    Ok(())
}

impl Metric<'_> {
    fn refuse<T>(&self, why: impl Into<String>) -> Result<T, Refusal> {
        Err(Refusal::new(self.samples.first().map_or(0, |sample| sample.line), why))
    }

    /// The only sample with this suffix, if there is one.
    pub(crate) fn one(&self, suffix: &str) -> Result<Option<&Sample>, Refusal> {
        let name = format!("{}{suffix}", self.family.name);
        let mut found = self.samples.iter().filter(|sample| sample.name == name);
        let one = found.next();
        match found.next() {
            Some(second) => Err(Refusal::new(second.line, format!("a second {name} of the same metric"))),
            None => Ok(one.copied()),
        }
    }

    pub(crate) fn must_have(&self, suffix: &str) -> Result<&Sample, Refusal> {
        match self.one(suffix)? {
            Some(sample) => Ok(sample),
            None => self.refuse(format!("no {}{suffix}", self.family.name)),
        }
    }

    /// Checks that the buckets ascend, do not decrease, have whole counts and end at infinity. Returns the count.
    pub(crate) fn buckets(&self, canonical_bounds: bool) -> Result<Buckets, Refusal> {
        let name = format!("{}_bucket", self.family.name);
        let (mut last_bound, mut count, mut negative) = (None, 0, false);
        for sample in self.samples.iter().filter(|sample| sample.name == name) {
            let refuse = |why: String| Err(Refusal::new(sample.line, why));
            let bound = bound(sample, "le", canonical_bounds)?;
            if last_bound.is_some_and(|last| last >= bound) {
                return refuse(format!("bound {bound} does not exceed the one before it"));
            }
            let Some(value) = sample.value.as_u64() else {
                return refuse(format!("a bucket counts {}, which is no whole number", sample.value));
            };
            if value < count {
                return refuse(format!("a bucket counts {value}, the one within it {count}"));
            }
            if let Some(exemplar) = &sample.exemplar
                && exemplar.value.as_f64() > bound
            {
                return refuse(format!("the exemplar {} is not within its bucket", exemplar.value));
            }
            (last_bound, count) = (Some(bound), value);
            negative |= bound < 0.0;
        }
        if last_bound != Some(f64::INFINITY) {
            return self.refuse("the last bucket is not the one up to infinity");
        }
        Ok(Buckets { count, negative })
    }
}

/// Properties of a histogram's buckets.
pub(crate) struct Buckets {
    pub(crate) count: u64,
    /// Whether a bound is below zero.
    pub(crate) negative: bool,
}

/// The value of `le` or `quantile`, as a number.
pub(crate) fn bound(sample: &Sample, label: &str, as_canonical: bool) -> Result<f64, Refusal> {
    let refuse = |why: String| Err(Refusal::new(sample.line, why));
    let Some(text) = sample.label(label) else { return refuse(format!("no label {label:?}")) };
    let Some(value) =
        crate::number::Value::parse(text).map(|value| value.as_f64()).filter(|value| !value.is_nan())
    else {
        return refuse(format!("{label}={text:?} is no number"));
    };
    if (as_canonical || value.is_infinite()) && text != canonical(value) {
        return refuse(format!("{label}={text:?} is written {:?}", canonical(value)));
    }
    Ok(value)
}
