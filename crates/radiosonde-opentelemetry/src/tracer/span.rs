use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, Span, SpanContext, Status};

use crate::contexts::kept::Keeping;
use crate::tracer::recording::Recording;

/// A span of the OpenTelemetry API, made by a [`BridgeTracer`](crate::BridgeTracer). Dropping it ends it.
#[derive(Debug)]
pub struct BridgeSpan {
    context: SpanContext,
    /// `None` once it has ended, and for a span that is not sampled.
    recording: Option<Box<Recording>>,
    _keeping: Option<Keeping>,
}

impl BridgeSpan {
    pub(crate) fn new(context: SpanContext, recording: Option<Recording>, keeping: Option<Keeping>) -> Self {
        Self { context, recording: recording.map(Box::new), _keeping: keeping }
    }

    fn record(&mut self, record: impl FnOnce(&mut Recording)) {
        if let Some(recording) = &mut self.recording {
            record(recording);
        }
    }
}

impl Span for BridgeSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, at: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        self.record(|recording| recording.event(Event::new(name, at, attributes, 0)));
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.record(|recording| recording.attribute(attribute));
    }

    fn set_status(&mut self, status: Status) {
        self.record(|recording| recording.status(status));
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.record(|recording| recording.rename(name.into()));
    }

    fn add_link(&mut self, to: SpanContext, attributes: Vec<KeyValue>) {
        self.record(|recording| recording.link(Link::new(to, attributes, 0)));
    }

    fn end_with_timestamp(&mut self, at: SystemTime) {
        if let Some(recording) = self.recording.take() {
            recording.end(at);
        }
    }
}

impl Drop for BridgeSpan {
    fn drop(&mut self) {
        if self.recording.is_some() {
            self.end_with_timestamp(opentelemetry::time::now());
        }
    }
}
