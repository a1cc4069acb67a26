use std::sync::Arc;

use crate::collect::collector::Collector;
use crate::collect::collectors::CollectorGuard;
use crate::registry::Registry;

impl Registry {
    /// Asks `collector` for its families at every scrape.
    ///
    /// A collector that panics loses its families for that scrape; one that gives a family twice, with another kind than it has
    /// here, or with a bad name loses that family. A series that is there already, or that no metric of its kind can have, is left
    /// out: a counter that is negative or NaN, buckets or quantiles that do not ascend. So is an exemplar that is not from its bucket,
    /// or of what is no counter. A family whose name is another's in OpenMetrics alone stays; there one of the two is of unknown type. Each is
    /// counted in `radiosonde_metrics_collector_errors_total{reason}`, and the rest is served.
    ///
    /// It is asked for as long as the registry lives; [`collect_while`](Self::collect_while) ends before, and
    /// [`collect_as`](Self::collect_as) replaces. A collector may read the registry that asks it, and sees there what is not collected.
    pub fn collect_from(&self, collector: impl Collector) {
        self.collectors().add(None, Arc::new(collector));
    }

    /// Asks `collector` too, unless one of this name is asked already.
    pub(crate) fn collect_once(&self, name: &'static str, collector: impl Collector) {
        if self.is_first(name) {
            self.collect_from(collector);
        }
    }

    /// Like [`collect_from`](Self::collect_from), until the guard is dropped: for something that ends before the process does.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    /// use radiosonde_metrics::collect::{Collection, Collector};
    /// use radiosonde_metrics::model::{Kind, Number};
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
        CollectorGuard::new(collectors, id)
    }

    /// Both [`collect_as`](Self::collect_as) and [`collect_while`](Self::collect_while): until the guard is dropped or another collector
    /// is given under this name.
    pub fn collect_as_while(&self, name: &str, collector: impl Collector) -> CollectorGuard {
        let collectors = self.collectors();
        let id = collectors.add(Some(name), Arc::new(collector));
        CollectorGuard::new(collectors, id)
    }

    /// Like [`collect_from`](Self::collect_from), in place of the collector that was given under this name before, if there is one.
    ///
    /// For something that is replaced while the process runs, such as a pool: the older collector is dropped.
    pub fn collect_as(&self, name: &str, collector: impl Collector) {
        self.collectors().add(Some(name), Arc::new(collector));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::collect::collection::Collection;
    use crate::model::kind::Kind;
    use crate::model::samples::Number;

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
    fn the_guard_of_a_replaced_collector_leaves_the_new_one() {
        let registry = Registry::new();
        let older = registry.collect_as_while("pool", Gives("older"));
        let newer = registry.collect_as_while("pool", Gives("newer"));
        drop(older);
        assert!(registry.snapshot().family("newer").is_some());
        drop(newer);
        assert!(registry.snapshot().family("newer").is_none());
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
