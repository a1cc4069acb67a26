use std::sync::{Arc, OnceLock};

use crate::series::Series;

/// The series of a family whose labels are enums: an array, so that a look-up is arithmetic and one load.
#[derive(Debug)]
pub(crate) struct Dense<C> {
    series: Box<[OnceLock<Arc<Series<C>>>]>,
}

impl<C> Dense<C> {
    pub(crate) fn new(cardinality: usize) -> Self {
        Self { series: (0..cardinality).map(|_| OnceLock::new()).collect() }
    }

    /// `None` if the series is not there yet, or the number is too large, as a hand-written implementation may give it.
    pub(crate) fn get(&self, index: usize) -> Option<&Arc<Series<C>>> {
        self.series.get(index)?.get()
    }

    pub(crate) fn get_or_init(
        &self,
        index: usize,
        make: impl FnOnce() -> Arc<Series<C>>,
    ) -> Option<&Arc<Series<C>>> {
        Some(self.series.get(index)?.get_or_init(make))
    }

    /// The series that are there, sorted by their labels.
    pub(crate) fn sorted(&self) -> Vec<Arc<Series<C>>> {
        let mut all: Vec<_> = self.series.iter().filter_map(OnceLock::get).map(Arc::clone).collect();
        all.sort_unstable_by(|a, b| a.labels.cmp(&b.labels));
        all
    }
}
