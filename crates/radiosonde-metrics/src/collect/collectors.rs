//! The collectors of a registry, and the guard that removes one.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use crate::collect::collector::Collector;

/// The collectors of a registry.
#[derive(Default)]
pub(crate) struct Collectors(RwLock<List>);

#[derive(Default)]
struct List {
    next: u64,
    entries: Vec<Entry>,
}

struct Entry {
    id: u64,
    name: Option<Box<str>>,
    collector: Arc<dyn Collector>,
}

impl Collectors {
    pub(crate) fn all(&self) -> Vec<Arc<dyn Collector>> {
        let list = self.0.read().unwrap_or_else(PoisonError::into_inner);
        list.entries.iter().map(|entry| Arc::clone(&entry.collector)).collect()
    }

    pub(crate) fn add(&self, name: Option<&str>, collector: Arc<dyn Collector>) -> u64 {
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let id = list.next;
        list.next += 1;
        let there = list.entries.iter_mut().find(|entry| name.is_some() && entry.name.as_deref() == name);
        let replaced = match there {
            Some(entry) => {
                entry.id = id;
                Some(std::mem::replace(&mut entry.collector, collector))
            }
            None => {
                list.entries.push(Entry { id, name: name.map(Into::into), collector });
                None
            }
        };
        // What it owns is dropped without the lock: it may ask for the registry.
        drop(list);
        drop(replaced);
        id
    }

    fn remove(&self, id: u64) {
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let at = list.entries.iter().position(|entry| entry.id == id);
        let removed = at.map(|at| list.entries.remove(at));
        drop(list);
        drop(removed);
    }
}

/// Removes a collector from its registry when dropped; a scrape that has begun still has it.
#[must_use = "the collector is removed when this is dropped"]
pub struct CollectorGuard {
    collectors: Weak<Collectors>,
    id: u64,
}

impl Drop for CollectorGuard {
    fn drop(&mut self) {
        if let Some(collectors) = self.collectors.upgrade() {
            collectors.remove(self.id);
        }
    }
}

impl CollectorGuard {
    pub(crate) fn new(collectors: &Arc<Collectors>, id: u64) -> Self {
        Self { collectors: Arc::downgrade(collectors), id }
    }

    /// Leaves the collector where it is, for as long as the registry lives.
    pub(crate) fn keep(mut self) {
        self.collectors = Weak::new();
    }
}

impl fmt::Debug for CollectorGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectorGuard").field("id", &self.id).finish_non_exhaustive()
    }
}
