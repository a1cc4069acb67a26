use std::sync::Arc;

use radiosonde_metrics::{Buckets, Registry};

use crate::exposed::Exposed;
use crate::recorder::FacadeRecorder;
use crate::store::{Options, Store};

/// Builder of a [`FacadeRecorder`], made by [`FacadeRecorder::builder`].
#[derive(Debug, Clone, Default)]
#[must_use = "a recorder is made by `build`"]
pub struct FacadeBuilder {
    options: Options,
}

impl FacadeBuilder {
    /// Buckets of histograms without buckets of their own; default: [`Buckets::HTTP_SECONDS`].
    pub fn buckets(mut self, buckets: Buckets) -> Self {
        self.options.buckets = buckets;
        self
    }

    /// Buckets of the histogram with this name, as it is written in the macro.
    pub fn buckets_of(mut self, name: impl Into<String>, buckets: Buckets) -> Self {
        self.options.buckets_of.insert(name.into(), buckets);
        self
    }

    /// Maximum number of names; default: 1000. Records under a further name are refused and counted.
    pub const fn max_families(mut self, max_families: usize) -> Self {
        self.options.max_families = max_families;
        self
    }

    /// Maximum number of label sets of a name; default: 2000. Further ones share a series and are counted.
    pub const fn max_series(mut self, max_series: usize) -> Self {
        self.options.max_series = max_series;
        self
    }

    /// A recorder that records in `registry`. Two of them do not see each other's metrics and should have different registries.
    #[must_use]
    pub fn build(self, registry: &Registry) -> FacadeRecorder {
        let store = Arc::new(Store::new(self.options));
        registry.collect_from(Exposed(Arc::clone(&store)));
        FacadeRecorder { store, registry: registry.clone() }
    }
}

impl FacadeRecorder {
    /// A recorder that records in `registry`. Two of them do not see each other's metrics and should have different registries.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self::builder().build(registry)
    }

    /// Sets the buckets of histograms, and limits.
    pub fn builder() -> FacadeBuilder {
        FacadeBuilder::default()
    }
}
