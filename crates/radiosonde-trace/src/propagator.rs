use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};

use crate::bridge;
use crate::propagation::carrier::{Carrier, CarrierMut};
use crate::propagation::carrier_field::CarrierField;
use crate::propagation::extract::extract;
use crate::span_processor::Processor;

/// A strict W3C trace context propagator for users of the OpenTelemetry API.
///
/// The SDK's own accepts trace ids of any width and signs among the digits, and reads only the first of several `tracestate`
/// headers.
#[derive(Debug, Clone)]
pub struct W3cPropagator {
    // Strings because the trait's iterator requires them.
    fields: [String; 2],
    /// The pipeline whose spans it propagates, if any.
    pipeline: Option<Processor>,
}

impl W3cPropagator {
    /// Creates a propagator; all are equal.
    #[must_use]
    pub fn new() -> Self {
        Self {
            fields: [CarrierField::Traceparent, CarrierField::Tracestate]
                .map(|field| field.as_str().to_owned()),
            pipeline: None,
        }
    }

    /// Creates a pipeline's propagator, which propagates nothing as sampled once the pipeline is shut down.
    pub(crate) fn of(pipeline: Processor) -> Self {
        Self { pipeline: Some(pipeline), ..Self::new() }
    }
}

impl Default for W3cPropagator {
    fn default() -> Self {
        Self::new()
    }
}

impl TextMapPropagator for W3cPropagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        if let Some(context) = bridge::remote_context(cx) {
            let is_shut_down = || self.pipeline.as_ref().is_some_and(Processor::is_closed);
            context.unsampled_if(is_shut_down).inject(&mut ToInjector(injector));
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        match extract(&FromExtractor(extractor)) {
            Some(parent) => bridge::with_parent(cx, &parent),
            None => cx.clone(),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

struct FromExtractor<'a>(&'a dyn Extractor);

impl Carrier for FromExtractor<'_> {
    fn values<'a>(&'a self, field: CarrierField) -> impl Iterator<Item = &'a [u8]> {
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
