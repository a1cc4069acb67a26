use std::sync::atomic::{AtomicU64, Ordering};

use tracing::Dispatch;

use crate::span_processor::Processor;

/// Found in the subscriber: which pipeline the trace layer belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Installed {
    pub(crate) pipeline: u64,
    pub(crate) processor: Processor,
}

/// Whether the subscriber's spans are not exported any more.
pub(crate) fn is_shut_down(dispatch: &Dispatch) -> bool {
    dispatch.downcast_ref::<Installed>().is_some_and(|installed| installed.processor.is_closed())
}

/// A number that is unique in this process.
pub(crate) fn next_number() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    // Relaxed: numbers need to differ, not to be ordered.
    NUMBER.fetch_add(1, Ordering::Relaxed)
}
