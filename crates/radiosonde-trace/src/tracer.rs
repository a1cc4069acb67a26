use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::noop::{NoopSpan, NoopTracer};
use opentelemetry::trace::{Span, SpanBuilder, SpanContext, Status, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, Span as SdkSpan};

/// The tracer that starts a layer's spans.
#[derive(Debug)]
pub(crate) enum LayerTracer {
    Sdk(SdkTracer),
    /// A span stands for its parent: it has the parent's ids and flags, or none.
    PassThrough(NoopTracer),
}

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "all spans of a process are of one variant, and each is boxed")]
pub(crate) enum LayerSpan {
    Sdk(SdkSpan),
    PassThrough(NoopSpan),
}

impl Tracer for LayerTracer {
    type Span = LayerSpan;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> LayerSpan {
        match self {
            Self::Sdk(tracer) => LayerSpan::Sdk(tracer.build_with_context(builder, parent)),
            Self::PassThrough(tracer) => LayerSpan::PassThrough(tracer.build_with_context(builder, parent)),
        }
    }
}

impl Span for LayerSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, at: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Self::Sdk(span) = self {
            span.add_event_with_timestamp(name, at, attributes);
        }
    }

    fn span_context(&self) -> &SpanContext {
        match self {
            Self::Sdk(span) => span.span_context(),
            Self::PassThrough(span) => span.span_context(),
        }
    }

    fn is_recording(&self) -> bool {
        matches!(self, Self::Sdk(span) if span.is_recording())
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Self::Sdk(span) = self {
            span.set_attribute(attribute);
        }
    }

    fn set_status(&mut self, status: Status) {
        if let Self::Sdk(span) = self {
            span.set_status(status);
        }
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Self::Sdk(span) = self {
            span.update_name(name);
        }
    }

    fn add_link(&mut self, to: SpanContext, attributes: Vec<KeyValue>) {
        if let Self::Sdk(span) = self {
            span.add_link(to, attributes);
        }
    }

    fn end_with_timestamp(&mut self, at: SystemTime) {
        if let Self::Sdk(span) = self {
            span.end_with_timestamp(at);
        }
    }
}
