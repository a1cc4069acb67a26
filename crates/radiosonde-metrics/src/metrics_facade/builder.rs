use std::collections::HashMap;
use std::sync::Arc;

use super::exposed::Exposed;
use super::recorder::FacadeRecorder;
use super::store::Store;
use crate::{Buckets, Registry};

/// How a [`FacadeRecorder`] records; made by [`FacadeRecorder::builder`].
#[derive(Debug, Clone)]
#[must_use = "a recorder comes of `build`"]
pub struct FacadeBuilder {
    pub(super) buckets: Buckets,
    pub(super) buckets_of: HashMap<String, Buckets>,
    pub(super) max_families: usize,
    pub(super) max_series: usize,
}

impl Default for FacadeBuilder {
    fn default() -> Self {
        Self {
            buckets: Buckets::HTTP_SECONDS,
            buckets_of: HashMap::new(),
            max_families: 1000,
            max_series: 2000,
        }
    }
}

impl FacadeBuilder {
    /// The buckets of all histograms that are not told others; [`Buckets::HTTP_SECONDS`] without this.
    pub fn buckets(mut self, buckets: Buckets) -> Self {
        self.buckets = buckets;
        self
    }

    /// The buckets of the histogram with this name, as the macro has it.
    pub fn buckets_of(mut self, name: impl Into<String>, buckets: Buckets) -> Self {
        self.buckets_of.insert(name.into(), buckets);
        self
    }

    /// How many names there may be; 1000 without this. What is recorded under a further one is refused and counted.
    pub const fn max_families(mut self, max_families: usize) -> Self {
        self.max_families = max_families;
        self
    }

    /// How many label sets a name may have; 2000 without this. Further ones share a series and are counted.
    pub const fn max_series(mut self, max_series: usize) -> Self {
        self.max_series = max_series;
        self
    }

    /// A recorder that records in `registry`. Two of them do not see each other's metrics and should have different registries.
    #[must_use]
    pub fn build(self, registry: &Registry) -> FacadeRecorder {
        let store = Arc::new(Store::new(self));
        registry.collect_from(Exposed(Arc::clone(&store)));
        FacadeRecorder { store, registry: registry.clone() }
    }
}
