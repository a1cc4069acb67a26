//! Collectors that somebody owns: by a guard, or by a name.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use crate::{Collector, Registry};

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

impl Registry {
    /// Like [`collect_from`](Self::collect_from), until the guard is dropped: for something that ends before the process does.
    ///
    /// ```
    /// use radiosonde_metrics::{Collection, Collector, Kind, Number, Registry};
    ///
    /// struct Batch;
    /// impl Collector for Batch {
    ///     fn collect(&self, out: &mut Collection) {
    ///         out.number("batch_rows", "Rows of the batch at work.", Kind::Gauge, Number::Unsigned(40));
    ///     }
    /// }
    ///
    /// let registry = Registry::new();
    /// let batch = registry.collect_while(Batch);
    /// assert!(registry.text().contains("batch_rows 40\n"));
    /// drop(batch);
    /// assert!(!registry.text().contains("batch_rows"));
    /// ```
    pub fn collect_while(&self, collector: impl Collector) -> CollectorGuard {
        let collectors = self.collectors();
        let id = collectors.add(None, Arc::new(collector));
        CollectorGuard { collectors: Arc::downgrade(collectors), id }
    }

    /// Both [`collect_as`](Self::collect_as) and [`collect_while`](Self::collect_while).
    pub(crate) fn collect_as_while(&self, name: &str, collector: impl Collector) -> CollectorGuard {
        let collectors = self.collectors();
        let id = collectors.add(Some(name), Arc::new(collector));
        CollectorGuard { collectors: Arc::downgrade(collectors), id }
    }

    /// Like [`collect_from`](Self::collect_from), in place of the collector that was given under this name before, if there is one.
    ///
    /// For something that is set up anew while the process runs, such as a pool: the newer one is asked, and the older is dropped.
    pub fn collect_as(&self, name: &str, collector: impl Collector) {
        self.collectors().add(Some(name), Arc::new(collector));
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{Collection, Kind, Number};

    pub(crate) struct Gives(pub(crate) &'static str);

    impl Collector for Gives {
        fn collect(&self, out: &mut Collection) {
            out.number(self.0, "Given.", Kind::Gauge, Number::Signed(1));
        }
    }

    #[test]
    fn a_guard_removes_its_own_collector_only() {
        let registry = Registry::new();
        let first = registry.collect_while(Gives("first"));
        let second = registry.collect_while(Gives("second"));
        drop(first);
        let snapshot = registry.snapshot();
        assert!(snapshot.family("first").is_none() && snapshot.family("second").is_some());
        drop(registry);
        drop(second);
    }

    #[test]
    fn a_name_belongs_to_the_newest_collector() {
        let registry = Registry::new();
        registry.collect_as("pool", Gives("older"));
        registry.collect_as("pool", Gives("newer"));
        registry.collect_as("other", Gives("other"));
        let snapshot = registry.snapshot();
        assert!(snapshot.family("older").is_none());
        assert!(snapshot.family("newer").is_some() && snapshot.family("other").is_some());
    }

    #[test]
    fn a_collector_may_use_the_registry_while_it_is_dropped() {
        struct Last(Registry);
        impl Collector for Last {
            fn collect(&self, _: &mut Collection) {}
        }
        impl Drop for Last {
            fn drop(&mut self) {
                self.0.collect_from(Gives("last_words"));
            }
        }
        let registry = Registry::new();
        drop(registry.collect_while(Last(registry.clone())));
        assert!(registry.snapshot().family("last_words").is_some());
    }
}
