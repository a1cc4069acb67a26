use crate::propagation::carrier::CarrierMut;
use crate::propagation::carrier_field::CarrierField;
use crate::propagation::propagators::{Propagator, Propagators};
use crate::propagation::remote_context::RemoteContext;
use crate::propagation::traceparent::Traceparent;
use crate::propagation::{b3, installed_propagators, uber_trace_id};

impl RemoteContext {
    /// Writes the context to a carrier in all formats of the [installed pipeline](crate::TraceOptions::propagators);
    /// default: W3C trace context and baggage. Everything that the carrier had in one of the formats is replaced, so that
    /// copied headers leave nothing of another context.
    ///
    /// # Cost
    /// For [`HeaderMap`](http::HeaderMap), one allocation for `traceparent`, and one each for a `tracestate` and a `baggage`
    /// that are not empty.
    #[inline]
    pub fn inject<C: CarrierMut + ?Sized>(&self, carrier: &mut C) {
        installed_propagators::get().inject(self, carrier);
    }
}

impl Propagators {
    /// Writes a context in these formats, as [`RemoteContext::inject`] does in those of the installed pipeline.
    #[inline]
    pub fn inject<C: CarrierMut + ?Sized>(self, context: &RemoteContext, carrier: &mut C) {
        // First, because removing from an empty map costs nothing.
        if self.contains(Propagator::Baggage) {
            set_or_remove(carrier, CarrierField::Baggage, context.baggage().as_str());
        }
        for format in self.iter() {
            match format {
                Propagator::TraceContext => trace_context(context, carrier),
                Propagator::Jaeger => uber_trace_id::inject(context.context(), carrier),
                Propagator::Baggage | Propagator::B3 | Propagator::B3Multi => {}
            }
        }
        // Both forms at once: each removes the other unless both are written.
        let (single, multiple) = (self.contains(Propagator::B3), self.contains(Propagator::B3Multi));
        if single || multiple {
            b3::inject(context.context(), carrier, single, multiple);
        }
    }
}

#[inline]
fn trace_context<C: CarrierMut + ?Sized>(context: &RemoteContext, carrier: &mut C) {
    set_or_remove(carrier, CarrierField::Tracestate, context.trace_state().as_str());
    let traceparent = Traceparent::new(context.context()).to_bytes();
    carrier.set(CarrierField::Traceparent, std::str::from_utf8(&traceparent).unwrap_or_default());
}

#[inline]
fn set_or_remove<C: CarrierMut + ?Sized>(carrier: &mut C, field: CarrierField, value: &str) {
    if value.is_empty() { carrier.remove(field) } else { carrier.set(field, value) }
}
