use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use radiosonde_trace::{Carrier, CarrierField, CarrierMut, Propagator, TracePipeline};

use crate::contexts::innermost::innermost;
use crate::contexts::{baggage, conversion};

/// Propagates context as [`extract`](radiosonde_trace::extract) and [`inject`](radiosonde_trace::inject) do, for users of the OpenTelemetry API.
///
/// OpenTelemetry's own accepts trace ids of any width and signs among the digits, and reads only the first of several
/// `tracestate` headers. In the current context, the context of the innermost span is injected, whichever API made it. Baggage is
/// that of the OpenTelemetry context and that of the innermost span; of a key that both have, OpenTelemetry's.
#[derive(Debug, Clone)]
pub struct BridgePropagator {
    // Strings because the trait's iterator requires them.
    fields: Vec<String>,
    pipeline: TracePipeline,
}

impl BridgePropagator {
    /// Creates a pipeline's propagator, which propagates nothing as sampled once the pipeline is shut down.
    pub(crate) fn new(pipeline: TracePipeline) -> Self {
        let fields =
            pipeline.propagators().iter().flat_map(fields).copied().map(|field| field.as_str().to_owned());
        Self { fields: fields.collect(), pipeline }
    }
}

fn fields(of: Propagator) -> &'static [CarrierField] {
    match of {
        Propagator::TraceContext => &[CarrierField::Traceparent, CarrierField::Tracestate],
        Propagator::Baggage => &[CarrierField::Baggage],
        Propagator::B3 => &[CarrierField::B3],
        Propagator::B3Multi => {
            &[CarrierField::B3TraceId, CarrierField::B3SpanId, CarrierField::B3Sampled, CarrierField::B3Flags]
        }
        Propagator::Jaeger => &[CarrierField::UberTraceId],
        // Formats that a later version may add.
        _ => &[],
    }
}

impl TextMapPropagator for BridgePropagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let propagators = self.pipeline.propagators();
        let mut carrier = ToInjector(injector);
        match innermost(cx) {
            Some(context) if self.pipeline.is_closed() => {
                propagators.inject(&conversion::unsampled(&context), &mut carrier);
            }
            Some(context) => propagators.inject(&context, &mut carrier),
            // Baggage needs no trace.
            None if propagators.contains(Propagator::Baggage) && !cx.baggage().is_empty() => {
                carrier.set(CarrierField::Baggage, baggage::of(cx).as_str());
            }
            None => {}
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let (propagators, carrier) = (self.pipeline.propagators(), FromExtractor(extractor));
        match propagators.extract(&carrier) {
            Some(parent) => conversion::with_parent(cx, &parent),
            None => baggage::with(cx.clone(), &propagators.extract_baggage(&carrier)),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

struct FromExtractor<'a>(&'a dyn Extractor);

impl Carrier for FromExtractor<'_> {
    fn values(&self, field: CarrierField) -> impl Iterator<Item = &[u8]> {
        self.0.get_all(field.as_str()).unwrap_or_default().into_iter().map(str::as_bytes)
    }
}

struct ToInjector<'a>(&'a mut dyn Injector);

impl CarrierMut for ToInjector<'_> {
    fn set(&mut self, field: CarrierField, value: &str) {
        self.0.set(field.as_str(), value.to_owned());
    }

    /// Does nothing: OpenTelemetry's injectors can only add.
    fn remove(&mut self, _field: CarrierField) {}
}
