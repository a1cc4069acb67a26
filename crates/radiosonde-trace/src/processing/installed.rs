use std::sync::atomic::{AtomicU64, Ordering};

use tracing::Dispatch;

use crate::processing::span_processor::Processor;

/// Identifies the pipeline of a trace layer; found through the subscriber.
#[derive(Debug, Clone)]
pub(crate) struct Installed {
    pub(crate) pipeline: u64,
    pub(crate) processor: Processor,
}

/// Whether the subscriber's spans are no longer exported.
pub(crate) fn is_shut_down(dispatch: &Dispatch) -> bool {
    dispatch.downcast_ref::<Installed>().is_some_and(|installed| installed.processor.is_closed())
}

/// A number that is unique in this process.
pub(crate) fn next_number() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    // Relaxed: the numbers must differ, and need no order.
    NUMBER.fetch_add(1, Ordering::Relaxed)
}
