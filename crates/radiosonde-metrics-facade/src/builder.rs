use std::sync::Arc;

use radiosonde_metrics::{Buckets, Registry};

use crate::exposed::Exposed;
use crate::recorder::FacadeRecorder;
use crate::store::{Options, Store};

/// Builds a [`FacadeRecorder`].
#[derive(Debug, Clone, Default)]
#[must_use = "`build` creates the recorder"]
pub struct FacadeRecorderBuilder {
    options: Options,
    registry: Option<Registry>,
}

impl FacadeRecorderBuilder {
    /// Sets the buckets of histograms without buckets of their own; default: [`Buckets::HTTP_SECONDS`].
    pub fn buckets(mut self, buckets: Buckets) -> Self {
        self.options.buckets = buckets;
        self
    }

    /// Sets the buckets of the histogram with this name, as written in the macro.
    pub fn buckets_of(mut self, name: impl Into<String>, buckets: Buckets) -> Self {
        self.options.buckets_of.insert(name.into(), buckets);
        self
    }

    /// Sets the maximum number of names; default: 1000. Records under further names are refused and counted.
    pub const fn max_families(mut self, max_families: usize) -> Self {
        self.options.max_families = max_families;
        self
    }

    /// Sets the maximum number of label sets per name; default: 2000. Further ones share a series and are counted.
    pub const fn max_series(mut self, max_series: usize) -> Self {
        self.options.max_series = max_series;
        self
    }

    /// Sets the registry; default: [`Registry::global`]. Two recorders do not see each other's metrics and should use different
    /// registries.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Builds the recorder.
    #[must_use]
    pub fn build(self) -> FacadeRecorder {
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let store = Arc::new(Store::new(self.options));
        registry.collect_from(Exposed(Arc::clone(&store)));
        FacadeRecorder { store, registry: registry.clone() }
    }
}

impl FacadeRecorder {
    /// Creates a recorder for [`Registry::global`].
    #[must_use]
    #[allow(clippy::new_without_default, reason = "a name shows that it records in the global registry")]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Sets the registry, the buckets of histograms and the limits.
    pub fn builder() -> FacadeRecorderBuilder {
        FacadeRecorderBuilder::default()
    }
}
