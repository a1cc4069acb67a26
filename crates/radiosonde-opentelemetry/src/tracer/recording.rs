use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, SpanBuilder, Status};
use radiosonde_core::SpanContext;
use radiosonde_trace::bridging::SpanFate;
use radiosonde_trace::{
    Attribute, AttributeValue, FinishedSpan, RemoteContext, SpanEvent, SpanLimits, SpanStatus, TracePipeline,
};

use crate::tracer::attributes::{Attributes, unique};
use crate::tracer::ending;
use crate::values;

/// A search for errors finds the span by this attribute.
const ERROR_TYPE: &str = "error.type";

/// The value of `error.type` of a failure that has none.
///
/// Source: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/#error-type>
const OTHER: &str = "_OTHER";

/// The parts of a span that is recorded and that has not ended.
pub(crate) struct Recording {
    span: FinishedSpan,
    attributes: Attributes,
    limits: SpanLimits,
    fate: SpanFate,
    pipeline: TracePipeline,
}

impl Recording {
    pub(crate) fn new(
        context: SpanContext,
        parent: Option<&RemoteContext>,
        builder: SpanBuilder,
        (scope, fate, pipeline): (Option<Cow<'static, str>>, SpanFate, TracePipeline),
    ) -> Self {
        let mut span = FinishedSpan::new(context, builder.name);
        if let Some(parent) = parent {
            span.parent = Some(parent.context().span_id());
            span.parent_is_remote = parent.is_remote();
            span.trace_state = parent.trace_state().clone();
        }
        span.kind = builder.span_kind.map(values::kind).unwrap_or_default();
        span.start = builder.start_time.unwrap_or_else(opentelemetry::time::now);
        if let Some(scope) = scope {
            span.scope = scope;
        }
        let (attributes, limits) = (Attributes::default(), pipeline.limits());
        let mut recording = Self { span, attributes, limits, fate, pipeline };
        builder.attributes.into_iter().flatten().for_each(|attribute| recording.attribute(attribute));
        builder.events.into_iter().flatten().for_each(|event| recording.event(event));
        builder.links.into_iter().flatten().for_each(|link| recording.link(link));
        recording
    }

    pub(crate) fn attribute(&mut self, attribute: KeyValue) {
        self.attributes.set(cut(attribute, self.limits), self.limits.attributes as usize);
    }

    pub(crate) fn event(&mut self, event: Event) {
        if self.span.events.len() >= self.limits.events as usize {
            self.span.dropped_events = self.span.dropped_events.saturating_add(1);
            return;
        }
        let mut ours = SpanEvent::new(event.name, event.timestamp);
        (ours.attributes, ours.dropped_attributes) = self.few(event.attributes);
        ours.dropped_attributes = ours.dropped_attributes.saturating_add(event.dropped_attributes_count);
        self.span.events.push(ours);
    }

    pub(crate) fn link(&mut self, link: Link) {
        if self.span.links.len() >= self.limits.links as usize {
            self.span.dropped_links = self.span.dropped_links.saturating_add(1);
            return;
        }
        let Some(mut ours) = values::link(&link) else { return };
        (ours.attributes, ours.dropped_attributes) = self.few(link.attributes);
        ours.dropped_attributes = ours.dropped_attributes.saturating_add(link.dropped_attributes_count);
        self.span.links.push(ours);
    }

    /// The attributes of an event or a link, and the number of dropped ones.
    fn few(&self, attributes: Vec<KeyValue>) -> (Vec<Attribute>, u32) {
        let limits = self.limits;
        let attributes = attributes.into_iter().map(|attribute| cut(attribute, limits));
        unique(attributes, limits.event_attributes as usize)
    }

    pub(crate) fn rename(&mut self, name: Cow<'static, str>) {
        self.span.name = name;
    }

    /// `Ok` is final, an error replaces no status or an error, and an error without a description replaces no description.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/otel/trace/api/#set-status>
    pub(crate) fn status(&mut self, status: Status) {
        match (&self.span.status, status) {
            (SpanStatus::Ok, _) | (_, Status::Unset) => {}
            (_, Status::Ok) => self.span.status = SpanStatus::Ok,
            (SpanStatus::Error { .. }, Status::Error { description }) if description.is_empty() => {}
            (_, Status::Error { description }) => self.span.status = SpanStatus::Error { description },
        }
    }

    pub(crate) fn end(self, at: SystemTime) {
        let Self { mut span, mut attributes, limits, fate, pipeline } = self;
        if matches!(span.status, SpanStatus::Error { .. }) && !attributes.has(ERROR_TYPE) {
            attributes.set(Attribute::new(ERROR_TYPE, OTHER), limits.attributes as usize);
        }
        // The wall clock may have been set back in between.
        let end = ending::took().and_then(|took| span.start.checked_add(took)).unwrap_or(at.max(span.start));
        span.end = end;
        // The line of a record is written after the end that it reports.
        span.events.iter_mut().for_each(|event| event.timestamp = event.timestamp.min(end));
        (span.attributes, span.dropped_attributes) = attributes.take();
        ending::passing(|| pipeline.accept(span.encode(), fate));
    }
}

/// Our attribute, with texts no longer than the limit.
fn cut(attribute: KeyValue, limits: SpanLimits) -> Attribute {
    fn cut_value(value: &mut AttributeValue, limits: SpanLimits) {
        match value {
            AttributeValue::String(text) => {
                let kept = limits.cut(text).len();
                if kept < text.len() {
                    text.to_mut().truncate(kept);
                }
            }
            AttributeValue::Array(values) => values.iter_mut().for_each(|value| cut_value(value, limits)),
            _ => {}
        }
    }

    let mut attribute = values::attribute(attribute);
    cut_value(&mut attribute.value, limits);
    attribute
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("span", &self.span)
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}
