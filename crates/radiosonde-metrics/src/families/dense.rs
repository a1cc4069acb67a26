use std::sync::{Arc, OnceLock};

use crate::storage::series::Series;

/// The way of one type of labels to its series, where every label is an enum: an array by the sets' numbers, so that a look-up is
/// arithmetic and one load.
///
/// A short cut and no more: the series are the family's. Another type may give the same sets other numbers, and has its own.
#[derive(Debug)]
pub(crate) struct Dense<C> {
    series: Box<[OnceLock<Arc<Series<C>>>]>,
}

impl<C> Dense<C> {
    pub(crate) fn new(cardinality: usize) -> Self {
        Self { series: (0..cardinality).map(|_| OnceLock::new()).collect() }
    }

    /// `None` if the series has not been looked up yet, or the number is too large, as a hand-written implementation may give it.
    pub(crate) fn get(&self, index: usize) -> Option<&Arc<Series<C>>> {
        self.series.get(index)?.get()
    }

    /// Remembers the series of a number.
    pub(crate) fn keep(&self, index: usize, series: Arc<Series<C>>) {
        if let Some(place) = self.series.get(index) {
            // Another thread has kept the same series.
            let _ = place.set(series);
        }
    }
}
