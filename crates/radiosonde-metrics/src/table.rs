use std::hash::BuildHasher as _;
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::LabelSet;

/// One series: its values as looked up, its labels as rendered, and its instrument.
#[derive(Debug)]
pub(crate) struct Series<M> {
    key: Box<[u8]>,
    pub(crate) labels: LabelSet,
    pub(crate) metric: M,
}

/// The series of a family, found by their label values.
///
/// Values are compared, not only their hash: sets whose hashes collide stay apart. No guard leaves this type, so whoever holds
/// an instrument holds no lock.
#[derive(Debug)]
pub(crate) struct Table<M> {
    series: RwLock<HashTable<Arc<Series<M>>>>,
    hasher: RandomState,
}

impl<M: Clone> Table<M> {
    pub(crate) fn new() -> Self {
        Self { series: RwLock::new(HashTable::new()), hasher: RandomState::default() }
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<M> {
        let hash = self.hasher.hash_one(key);
        let table = self.series.read().unwrap_or_else(PoisonError::into_inner);
        table.find(hash, |series| *series.key == *key).map(|series| series.metric.clone())
    }

    /// The series with this key, made by `make` if there is none and fewer than `limit`; `None` at the limit.
    pub(crate) fn get_or_insert(
        &self,
        key: &[u8],
        limit: usize,
        make: impl FnOnce() -> (LabelSet, M),
    ) -> Option<M> {
        let hash = self.hasher.hash_one(key);
        let mut table = self.series.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have come first since the look-up.
        if let Some(series) = table.find(hash, |series| *series.key == *key) {
            return Some(series.metric.clone());
        }
        if table.len() >= limit {
            return None;
        }
        let (labels, metric) = make();
        let series = Arc::new(Series { key: key.into(), labels, metric: metric.clone() });
        table.insert_unique(hash, series, |series| self.hasher.hash_one(&*series.key));
        Some(metric)
    }

    /// All series, sorted by their labels.
    pub(crate) fn snapshot(&self) -> Vec<Arc<Series<M>>> {
        let table = self.series.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = table.iter().map(Arc::clone).collect();
        drop(table);
        all.sort_unstable_by(|a, b| a.labels.cmp(&b.labels));
        all
    }
}
