use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::hash::BuildHasher;
use std::sync::Arc;

use crate::compat::core::{AnyCore, Core};
use crate::compat::error::{Error, Result};
use crate::compat::metric::sealed::Collected;
use crate::compat::metric::{Collector, Metric};
use crate::compat::options::Describe as _;

/// Metrics with the same name, distinguished by label values.
///
/// # Shape
/// Up to 10 000 sets of values have their own series. Further sets share one whose values are all `_overflow`, and each such
/// look-up is counted in `radiosonde_metrics_series_dropped_total{family}`.
///
/// # Cost
/// A look-up is one hash over the values, a comparison and a reference count, without a lock. Native families do not count a
/// reference; if the values are known beforehand, keep the metric.
pub struct MetricVec<M: Metric>(Arc<Core<M::Ours>>);

impl<M: Metric> MetricVec<M> {
    /// Creates a vector of metrics with these label names.
    ///
    /// # Errors
    /// [`Error::Msg`] if an option or a label name is invalid.
    #[track_caller]
    pub fn new(mut opts: M::Opts, label_names: &[&str]) -> Result<Self> {
        *opts.variable_labels_mut() = label_names.iter().map(|&name| name.into()).collect();
        Ok(Self(Core::new(opts)?))
    }

    /// The metric with these values, in the order of the label names; created at zero if it is new.
    ///
    /// # Errors
    /// [`Error::InconsistentCardinality`] if the number of values differs from the number of labels.
    pub fn get_metric_with_label_values<V: AsRef<str> + Debug>(&self, vals: &[V]) -> Result<M> {
        Ok(M::wrap(self.0.get(vals)?, None))
    }

    /// The metric with these values, by label name; created at zero if it is new.
    ///
    /// # Errors
    /// [`Error::InconsistentCardinality`] if the number of values differs from the number of labels, [`Error::Msg`] if a
    /// label is missing.
    pub fn get_metric_with<V, S>(&self, labels: &HashMap<&str, V, S>) -> Result<M>
    where
        V: AsRef<str> + Debug,
        S: BuildHasher,
    {
        self.get_metric_with_label_values(&self.in_order(labels)?)
    }

    /// The metric with these values, in the order of the label names; created at zero if it is new.
    ///
    /// If the number of values differs from the number of labels, the returned metric is not exposed, and that is counted in
    /// `radiosonde_metrics_refused_total{family,reason="label_count"}`.
    #[must_use]
    pub fn with_label_values<V: AsRef<str> + Debug>(&self, vals: &[V]) -> M {
        let found = self.0.get(vals);
        M::wrap(found.unwrap_or_else(|_| self.0.refuse()), None)
    }

    /// The metric with these values, by label name; created at zero if it is new.
    ///
    /// If a label is missing, the returned metric is not exposed, and that is counted as a refusal.
    #[must_use]
    pub fn with<V, S>(&self, labels: &HashMap<&str, V, S>) -> M
    where
        V: AsRef<str> + Debug,
        S: BuildHasher,
    {
        self.get_metric_with(labels).unwrap_or_else(|_| M::wrap(self.0.refuse(), None))
    }

    /// Removes the series with these values. Existing handles then record without being exposed; the next look-up starts at
    /// zero.
    ///
    /// # Errors
    /// [`Error::Msg`] if there is no such series, [`Error::InconsistentCardinality`] as above.
    pub fn remove_label_values<V: AsRef<str> + Debug>(&self, vals: &[V]) -> Result<()> {
        self.0.remove(vals)
    }

    /// Removes the series with these values, by label name.
    ///
    /// # Errors
    /// [`Error::Msg`] if there is no such series or a label is missing, [`Error::InconsistentCardinality`] as above.
    pub fn remove<V, S>(&self, labels: &HashMap<&str, V, S>) -> Result<()>
    where
        V: AsRef<str> + Debug,
        S: BuildHasher,
    {
        self.remove_label_values(&self.in_order(labels)?)
    }

    /// Removes all series.
    pub fn reset(&self) {
        self.0.clear();
    }

    fn in_order<'a, V, S>(&self, labels: &'a HashMap<&str, V, S>) -> Result<Vec<&'a str>>
    where
        V: AsRef<str>,
        S: BuildHasher,
    {
        let names = self.0.label_names();
        if names.len() != labels.len() {
            return Err(Error::InconsistentCardinality { expect: names.len(), got: labels.len() });
        }
        let missing = |name: &str| Error::Msg(format!("no value for label {name:?}"));
        let value = |name: &String| labels.get(name.as_str()).map(AsRef::as_ref).ok_or_else(|| missing(name));
        names.iter().map(value).collect()
    }
}

impl<M: Metric> Clone for MetricVec<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: Metric> Debug for MetricVec<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MetricVec").field(&self.0).finish()
    }
}

impl<M: Metric> Collected for MetricVec<M> {
    fn core(&self) -> Option<Arc<dyn AnyCore>> {
        Some(Arc::clone(&self.0) as _)
    }
}

impl<M: Metric> Collector for MetricVec<M> {}
