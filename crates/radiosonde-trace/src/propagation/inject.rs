use crate::propagation::carrier::CarrierMut;
use crate::propagation::headers::{TRACEPARENT, TRACESTATE};
use crate::propagation::remote_context::RemoteContext;
use crate::propagation::switch;
use crate::propagation::traceparent::Traceparent;

impl RemoteContext {
    /// Writes the context to a carrier, replacing any `tracestate`. Does nothing in a process that [does not
    /// propagate](crate::TraceOptions::propagate).
    ///
    /// # Cost
    /// For [`HeaderMap`](http::HeaderMap), one allocation for `traceparent` and one for a `tracestate` that is not empty.
    pub fn inject<C: CarrierMut + ?Sized>(&self, carrier: &mut C) {
        if !switch::is_on() {
            return;
        }
        let traceparent = Traceparent::new(self.context()).to_bytes();
        carrier.set(TRACEPARENT, std::str::from_utf8(&traceparent).unwrap_or_default());
        if self.trace_state().is_empty() {
            carrier.remove(TRACESTATE);
        } else {
            carrier.set(TRACESTATE, self.trace_state().as_str());
        }
    }
}
