use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::families::any_family::AnyFamily;
use crate::instruments::possible_values::ByLabel;
use crate::instruments::shared::Shared;
use crate::model::kind::Kind;

/// What was declared of a metric, from [`Registry::descriptors`](crate::Registry::descriptors).
#[derive(Clone)]
pub struct Descriptor {
    shared: Arc<Shared>,
    label_values: Arc<ByLabel>,
}

impl Descriptor {
    pub(crate) fn new(family: &dyn AnyFamily) -> Self {
        let shared = Arc::clone(family.shared());
        Self { label_values: shared.label_values.so_far(), shared }
    }

    /// The name, with the registry's namespace.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// What it measures.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.shared.kind
    }

    /// The help text.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.shared.help
    }

    /// The unit, if one was declared.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.shared.unit.as_deref()
    }

    /// The names of the labels that tell its series apart, in the order of their declaration.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.shared.label_names.iter().map(AsRef::as_ref)
    }

    /// The possible values of a label; empty if any value is possible, or the metric has no such label.
    ///
    /// They are known of labels whose types list their values, and of those declared by
    /// [`possible_values`](crate::MetricBuilder::possible_values). A metric that is declared several times has the values of all
    /// declarations.
    pub fn label_values(&self, label: &str) -> impl Iterator<Item = &str> {
        let at = self.shared.label_names.iter().position(|name| **name == *label);
        let values = at.and_then(|at| self.label_values.get(at)).map(|values| &**values);
        values.unwrap_or_default().iter().map(AsRef::as_ref)
    }

    /// The names that the metric had before, as they were exposed.
    pub fn former_names(&self) -> impl Iterator<Item = &str> {
        self.shared.former_names.iter().map(AsRef::as_ref)
    }

    /// The labels that all series have, with those of the registry.
    pub fn constant_labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.shared.constant.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The bounds of a histogram's buckets, without infinity.
    #[must_use]
    pub fn buckets(&self) -> Option<&[f64]> {
        (self.shared.kind == Kind::Histogram).then(|| self.shared.buckets.bounds())
    }

    /// The quantiles that a summary shows.
    #[must_use]
    pub fn quantiles(&self) -> Option<&[f64]> {
        (self.shared.kind == Kind::Summary).then(|| &*self.shared.quantiles)
    }

    /// How many sets of labels have a series of their own.
    #[must_use]
    pub fn max_series(&self) -> usize {
        self.shared.max_series
    }

    /// Where it was declared first.
    #[must_use]
    pub fn declared_at(&self) -> &'static Location<'static> {
        self.shared.site
    }
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Descriptor")
            .field("name", &self.name())
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}
