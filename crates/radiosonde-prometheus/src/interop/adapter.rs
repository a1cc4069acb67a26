use std::cell::Cell;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;

use crate::interop::model::Model;
use radiosonde_metrics::Registry;
use radiosonde_metrics::collect::PROCESS_FAMILIES;

/// Exposes all metrics of our `registry` through one of the `prometheus` crate, for an application that keeps its own
/// `/metrics`.
///
/// Metrics that `registry` has [absorbed](crate::absorb) are left out: they are in such a registry already, most likely in
/// this one. The `process_*` families are included unless that registry has its own. If this one came first, theirs are
/// refused.
///
/// # Errors
/// The error of their registry, if it has an [`Adapter`] already.
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

/// Our registry as a collector of the `prometheus` crate; [`appear_in`] is the short form.
///
/// All data is included. Exemplars, native histograms, creation times and units, for which that crate's model has no fields,
/// are written as unknown fields. Its `ProtobufEncoder` passes them on, so that Prometheus receives them, and
/// [`absorb`](crate::absorb) reads them; its `TextEncoder` shows the rest. A metric of unknown kind becomes a gauge, because
/// its text encoder panics on the unknown kind.
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
    /// Their registry identifies collectors by their descriptions. Our families vary, so these describe the adapter, and
    /// families that their registry may have itself.
    descriptions: Vec<Desc>,
    /// Whether to include the `process_*` families.
    process: bool,
}

impl Adapter {
    /// Creates an adapter for `registry`. A `prometheus` registry accepts one.
    ///
    /// It claims the `process_*` families: a `prometheus` registry with a process collector refuses it, and one with the
    /// adapter refuses a process collector. Otherwise these metrics would appear twice, which no parser accepts.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let families = PROCESS_FAMILIES.map(|name| (name, "A metric of the process."));
        let all =
            [("radiosonde_adapter", "All metrics of a radiosonde registry.")].into_iter().chain(families);
        let describe =
            |(name, help): (&str, &str)| Desc::new(name.into(), help.into(), Vec::new(), [].into());
        // The names are valid, so each has a description; the adapter would work without one too.
        let descriptions = all.filter_map(|what| describe(what).ok()).collect();
        Self { registry: registry.clone(), descriptions, process: true }
    }

    /// Leaves out the `process_*` families, for a registry that has its own, as the default one does.
    #[must_use]
    pub fn without_process(mut self) -> Self {
        self.descriptions.truncate(1);
        self.process = false;
        self
    }
}

thread_local! {
    /// Whether our registry is being gathered through one of theirs.
    static GATHERED_BY_THEIRS: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread as gathering our registry through one of theirs, until it is dropped.
pub(crate) struct GatherGuard {
    before: bool,
}

impl GatherGuard {
    fn begin() -> Self {
        Self { before: GATHERED_BY_THEIRS.replace(true) }
    }

    pub(crate) fn is_active() -> bool {
        GATHERED_BY_THEIRS.get()
    }
}

impl Drop for GatherGuard {
    fn drop(&mut self) {
        GATHERED_BY_THEIRS.set(self.before);
    }
}

impl Collector for Adapter {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut model = Model::default();
        // If ours is gathering, it exposes its own metrics itself.
        if !self.registry.is_gathering() {
            let _guard = GatherGuard::begin();
            self.registry.visit(&mut model);
        }
        // Their text encoder rejects a family without metrics.
        let comes_along = |name: &str| self.process || !PROCESS_FAMILIES.contains(&name);
        model.families.retain(|family| !family.get_metric().is_empty() && comes_along(family.name()));
        model.families
    }
}
