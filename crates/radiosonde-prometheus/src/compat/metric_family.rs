use std::fmt;

use radiosonde_metrics::Registry;
use radiosonde_metrics::collect::{CollectedFamily, Collection};
use radiosonde_metrics::model::{Kind, Visitor};

/// A metric with all its series at one moment, for encoding.
pub struct MetricFamily(CollectedFamily);

impl MetricFamily {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The help text.
    #[must_use]
    pub fn help(&self) -> &str {
        self.0.help()
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.0.kind()
    }

    pub(super) fn show(&self, out: &mut dyn Visitor) {
        self.0.visit(out);
    }

    /// All families of a registry, except those without series, as in the original.
    pub(super) fn all_of(registry: &Registry) -> Vec<Self> {
        let mut all = Collection::default();
        registry.visit(&mut all.visitor());
        let families = all.into_families().into_iter().filter(|family| family.series() > 0);
        families.map(Self).collect()
    }
}

impl fmt::Debug for MetricFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let series = self.0.series();
        f.debug_struct("MetricFamily")
            .field("name", &self.name())
            .field("series", &series)
            .finish_non_exhaustive()
    }
}
