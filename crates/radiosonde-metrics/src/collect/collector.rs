use crate::collect::collection::Collection;

/// Has metrics that are read when somebody scrapes: the process, a pool, another registry.
pub trait Collector: Send + Sync + 'static {
    /// Adds the families as they are now. It may block, and a scrape waits for it: for how long, see
    /// `MetricsService` of `radiosonde-admin`.
    fn collect(&self, out: &mut Collection);
}
