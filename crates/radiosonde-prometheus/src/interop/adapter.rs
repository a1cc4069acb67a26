use std::cell::Cell;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;

use crate::interop::model::Model;
use radiosonde_metrics::Registry;
use radiosonde_metrics::collect::PROCESS_FAMILIES;

/// Shows everything that our `registry` has in one of the `prometheus` crate, for an application that keeps its own `/metrics`.
///
/// What `registry` has [absorbed](crate::absorb) does not come along: it is in such a registry already, most likely in that one.
/// The `process_*` families come along unless that registry has some: then only what is there already is shown, and where this
/// one came first, theirs are refused.
///
/// # Errors
/// What their registry says, when it has an [`Adapter`] already.
///
/// ```
/// use radiosonde_metrics::Registry;
///
/// let registry = Registry::new();
/// registry.expose_process();
/// registry.counter("orders_total", "Orders.").build()?.inc();
///
/// radiosonde_prometheus::appear_in(&registry, prometheus::default_registry())?;
/// let text = prometheus::TextEncoder::new().encode_to_string(&prometheus::gather())?;
/// assert!(text.contains("orders_total 1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn appear_in(registry: &Registry, theirs: &prometheus::Registry) -> prometheus::Result<()> {
    let adapter = Adapter::new(registry);
    theirs
        .register(Box::new(adapter.clone()))
        .or_else(|_| theirs.register(Box::new(adapter.without_process())))
}

/// Our registry as a collector of the `prometheus` crate; [`appear_in`] is the short way.
///
/// Everything comes out there: what that crate's model has no place for, namely exemplars, native histograms, times of creation and
/// units, stands in fields that it does not know. Its `ProtobufEncoder` writes them out, so that Prometheus gets them, and
/// [`absorb`](crate::absorb) reads them; its `TextEncoder` shows the rest. A metric of unknown kind is a gauge there, because
/// its text encoder panics on one that is not.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_prometheus::Adapter;
///
/// let registry = Registry::new();
/// registry.counter("orders_total", "Orders.").build()?.inc();
///
/// let theirs = prometheus::Registry::new();
/// theirs.register(Box::new(Adapter::new(&registry)))?;
/// let text = prometheus::TextEncoder::new().encode_to_string(&theirs.gather())?;
/// assert!(text.contains("orders_total 1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Adapter {
    registry: Registry,
    /// Their registry tells collectors apart by what they describe. Families come and go, so this describes the adapter, and those
    /// families that their registry may have of its own.
    descriptions: Vec<Desc>,
    /// Whether the families of the process come along.
    process: bool,
}

impl Adapter {
    /// An adapter for `registry`. A `prometheus` registry takes one.
    ///
    /// It lays claim to the `process_*` families: a `prometheus` registry that has a process collector refuses it, and one that has
    /// the adapter refuses a process collector. Each of these metrics would be there twice, which no parser takes.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let families = PROCESS_FAMILIES.map(|name| (name, "Of the process."));
        let all =
            [("radiosonde_adapter", "All metrics of a radiosonde registry.")].into_iter().chain(families);
        let describe =
            |(name, help): (&str, &str)| Desc::new(name.into(), help.into(), Vec::new(), [].into());
        // The names are valid ones, so there are descriptions; without one the adapter would still work.
        let descriptions = all.filter_map(|what| describe(what).ok()).collect();
        Self { registry: registry.clone(), descriptions, process: true }
    }

    /// Leaves out the `process_*` families, for a registry that has those of its own: the default one does.
    #[must_use]
    pub fn without_process(mut self) -> Self {
        self.descriptions.truncate(1);
        self.process = false;
        self
    }
}

thread_local! {
    /// Whether one of our registries is being shown in one of theirs.
    static SHOWN: Cell<bool> = const { Cell::new(false) };
}

/// One of our registries is being shown in one of theirs, on this thread, until this is dropped.
pub(crate) struct Shown {
    before: bool,
}

impl Shown {
    fn begin() -> Self {
        Self { before: SHOWN.replace(true) }
    }

    pub(crate) fn is_under_way() -> bool {
        SHOWN.get()
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        SHOWN.set(self.before);
    }
}

impl Collector for Adapter {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut model = Model::default();
        // Otherwise it is ours that asks, and it shows its own by itself.
        if !self.registry.is_gathering() {
            let _shown = Shown::begin();
            self.registry.visit(&mut model);
        }
        // Their text encoder refuses a family without metrics.
        let comes_along = |name: &str| self.process || !PROCESS_FAMILIES.contains(&name);
        model.families.retain(|family| !family.get_metric().is_empty() && comes_along(family.name()));
        model.families
    }
}
