use crate::collect::collection::Collection;

/// A source of metrics that are read at each scrape: the process, a pool, another registry.
pub trait Collector: Send + Sync + 'static {
    /// Adds the families as they are now. It may block, and a scrape waits for it: for how long, see
    /// `MetricsService` of `radiosonde-admin`.
    fn collect(&self, out: &mut Collection);
}
