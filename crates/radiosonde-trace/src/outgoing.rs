use radiosonde_core::canonical::CanonicalRecord;
use tracing::{Span, dispatcher};

use crate::entering::stack::innermost;
use crate::processing::installed::is_shut_down;
use crate::propagation::carrier::CarrierMut;
use crate::propagation::installed_propagators;
use crate::propagation::remote_context::RemoteContext;

impl RemoteContext {
    /// The context to propagate from here: the span that this thread is in.
    ///
    /// A context that was [entered](Self::enter) counts too, and so does a span of another tracing API that a bridge reports.
    /// `None` outside of any span.
    ///
    /// Where a filter hides the span of a request, the work ids are those of the request's
    /// [record](radiosonde_core::canonical::CanonicalRecord).
    ///
    /// Not sampled once the pipeline is [shut down](crate::TracePipeline::shutdown): the span is no longer exported.
    #[must_use]
    pub fn current() -> Option<Self> {
        let current = innermost()?.unsampled_if(|| dispatcher::get_default(is_shut_down));
        if !current.work_ids().is_empty() {
            return Some(current);
        }
        Some(match CanonicalRecord::of_thread() {
            Some(record) => current.with_work_ids(record.work_ids().clone()),
            None => current,
        })
    }

    /// The context to propagate from this span, which is fixed from now on: its parent can no longer be
    /// [set](crate::set_parent).
    ///
    /// Not sampled once the pipeline is [shut down](crate::TracePipeline::shutdown).
    #[must_use]
    pub fn of(span: &Span) -> Option<Self> {
        let context = Self::made_by(span)?;
        let is_shut_down =
            || span.with_subscriber(|(_, dispatch)| is_shut_down(dispatch)).unwrap_or_default();
        Some(context.unsampled_if(is_shut_down))
    }
}

/// Writes the [current](RemoteContext::current) context; true if it did. Without a context, and in a process that [does not
/// propagate](crate::TraceOptions::propagators), the carrier is unchanged.
pub fn inject<C: CarrierMut + ?Sized>(carrier: &mut C) -> bool {
    match RemoteContext::current().filter(|_| !installed_propagators::get().is_none()) {
        Some(context) => {
            context.inject(carrier);
            true
        }
        None => false,
    }
}
