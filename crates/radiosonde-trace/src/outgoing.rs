use opentelemetry::Context;
use radiosonde_core::SpanContext;
use tracing::{Span, dispatcher};

use crate::current::{Innermost, innermost};
use crate::installed::is_shut_down;
use crate::propagation::carrier::CarrierMut;
use crate::propagation::installed_propagators;
use crate::propagation::remote_context::RemoteContext;
use crate::{active_span, bridge};

impl RemoteContext {
    /// The context to propagate from here: the span that this thread is in.
    ///
    /// A span of the OpenTelemetry API that is active within a `tracing` span counts too, and takes precedence. So does a
    /// context that was [entered](SpanContext::enter) by hand. `None` outside of any span.
    ///
    /// Not sampled once the pipeline is [shut down](crate::TracePipeline::shutdown): the span is no longer exported.
    #[must_use]
    pub fn current() -> Option<Self> {
        let current = match innermost() {
            Innermost::Otel => Context::map_current(bridge::remote_context),
            Innermost::ByHand(context) => Some(Self::local(context)),
            Innermost::Unattached(_, _, span) => bridge::remote_context(&span.cx),
            Innermost::Gone => SpanContext::current().map(Self::local),
        }?;
        Some(current.unsampled_if(|| dispatcher::get_default(is_shut_down)))
    }

    /// The context to propagate from this span. Starts the span: its parent can no longer be [set](crate::set_parent).
    ///
    /// Not sampled once the pipeline is [shut down](crate::TracePipeline::shutdown).
    #[must_use]
    pub fn of(span: &Span) -> Option<Self> {
        let context = active_span::started(span, bridge::remote_context)?;
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
