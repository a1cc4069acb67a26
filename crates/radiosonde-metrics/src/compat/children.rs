use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::RandomState;

use crate::Instrument;
use crate::families::key::Seeds;
use crate::families::series::Series;
use crate::families::values::Values;

/// The series of a vector, told apart by their values; unlike those of a family they may be removed at any time.
pub(super) struct Children<I: Instrument> {
    series: RwLock<Map<I>>,
    seeds: Seeds,
}

struct Map<I: Instrument> {
    /// By the hash of their values; those of one hash are compared.
    by_hash: HashMap<u64, Vec<Arc<Series<I::Cell>>>, RandomState>,
    len: usize,
}

impl<I: Instrument> Children<I> {
    pub(super) fn new() -> Self {
        let map = Map { by_hash: HashMap::with_hasher(RandomState::default()), len: 0 };
        Self { series: RwLock::new(map), seeds: Seeds::new() }
    }

    pub(super) fn get(&self, values: &impl Values) -> Option<Arc<Series<I::Cell>>> {
        let map = self.series.read().unwrap_or_else(PoisonError::into_inner);
        find(map.by_hash.get(&values.hash(self.seeds))?, values)
    }

    /// The series with these values, made by `make` if there is none and fewer than `limit`; `None` at the limit.
    pub(super) fn get_or_insert(
        &self,
        values: &impl Values,
        limit: usize,
        make: impl FnOnce() -> Arc<Series<I::Cell>>,
    ) -> Option<Arc<Series<I::Cell>>> {
        let mut map = self.series.write().unwrap_or_else(PoisonError::into_inner);
        let Map { by_hash, len } = &mut *map;
        let of_hash = by_hash.entry(values.hash(self.seeds)).or_default();
        // Somebody may have come first since the look-up.
        if let Some(series) = find(of_hash, values) {
            return Some(series);
        }
        if *len >= limit {
            return None;
        }
        *len += 1;
        let series = make();
        of_hash.push(Arc::clone(&series));
        Some(series)
    }

    /// Whether there was one.
    pub(super) fn remove(&self, values: &impl Values) -> bool {
        let mut map = self.series.write().unwrap_or_else(PoisonError::into_inner);
        let hash = values.hash(self.seeds);
        let Some(of_hash) = map.by_hash.get_mut(&hash) else { return false };
        let before = of_hash.len();
        of_hash.retain(|series| !values.is_key(&series.key));
        let (removed, none_left) = (before > of_hash.len(), of_hash.is_empty());
        if none_left {
            map.by_hash.remove(&hash);
        }
        map.len -= usize::from(removed);
        removed
    }

    pub(super) fn clear(&self) {
        let mut map = self.series.write().unwrap_or_else(PoisonError::into_inner);
        map.by_hash.clear();
        map.len = 0;
    }

    pub(super) fn all(&self) -> Vec<Arc<Series<I::Cell>>> {
        let map = self.series.read().unwrap_or_else(PoisonError::into_inner);
        map.by_hash.values().flatten().map(Arc::clone).collect()
    }
}

fn find<C>(of_hash: &[Arc<Series<C>>], values: &impl Values) -> Option<Arc<Series<C>>> {
    of_hash.iter().find(|series| values.is_key(&series.key)).map(Arc::clone)
}
