use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, SpanBuilder, Status};
use radiosonde_core::SpanContext;
use radiosonde_trace::bridging::{ResolvedLimits, SpanFate};
use radiosonde_trace::{
    Attribute, Baggage, FinishedSpan, RemoteContext, SpanEvent, SpanStatus, TracePipeline,
};

use crate::tracer::attributes::Attributes;
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
    /// About the bytes of events and links.
    bytes: usize,
    limits: ResolvedLimits,
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
        let limits = pipeline.limits();
        let mut span = FinishedSpan::new(context, cut_text(builder.name, limits));
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
        let attributes = Attributes::default();
        let mut recording = Self { span, attributes, bytes: 0, limits, fate, pipeline };
        builder.attributes.into_iter().flatten().for_each(|attribute| recording.attribute(attribute));
        builder.events.into_iter().flatten().for_each(|event| recording.event(event));
        builder.links.into_iter().flatten().for_each(|link| recording.link(link));
        recording
    }

    pub(crate) fn attribute(&mut self, attribute: KeyValue) {
        self.set(cut(attribute, self.limits));
    }

    /// A span that is full takes no new attribute.
    fn set(&mut self, attribute: Attribute) {
        let is_full = self.attributes.bytes() > ResolvedLimits::MAX_SPAN_BYTES;
        self.attributes.set(attribute, if is_full { 0 } else { self.limits.attributes as usize });
    }

    /// Copies the trusted entries of baggage; the span's own attributes win.
    pub(crate) fn promote(&mut self, baggage: &Baggage) {
        let pipeline = self.pipeline.clone();
        for (key, value) in pipeline.baggage_rules().promoted(baggage) {
            if !self.attributes.has(key) {
                let value = self.limits.cut(&value).to_owned();
                self.set(Attribute::new(key.to_owned(), value));
            }
        }
    }

    /// Whether the span takes no more events and links, whatever their number.
    const fn is_full(&self) -> bool {
        self.bytes > ResolvedLimits::MAX_SPAN_BYTES
    }

    pub(crate) fn event(&mut self, event: Event) {
        if self.span.events.len() >= self.limits.events as usize || self.is_full() {
            self.span.dropped_events = self.span.dropped_events.saturating_add(1);
            return;
        }
        let mut ours = SpanEvent::new(cut_text(event.name, self.limits), event.timestamp);
        self.bytes += ours.name.len();
        (ours.attributes, ours.dropped_attributes) =
            self.unique(event.attributes, self.limits.event_attributes);
        ours.dropped_attributes = ours.dropped_attributes.saturating_add(event.dropped_attributes_count);
        self.span.events.push(ours);
    }

    pub(crate) fn link(&mut self, link: Link) {
        if self.span.links.len() >= self.limits.links as usize || self.is_full() {
            self.span.dropped_links = self.span.dropped_links.saturating_add(1);
            return;
        }
        let Some(mut ours) = values::link(&link) else { return };
        self.bytes += ours.trace_state.as_str().len() + size_of::<SpanContext>();
        (ours.attributes, ours.dropped_attributes) =
            self.unique(link.attributes, self.limits.link_attributes);
        ours.dropped_attributes = ours.dropped_attributes.saturating_add(link.dropped_attributes_count);
        self.span.links.push(ours);
    }

    /// The attributes of an event or a link, and the number of dropped ones.
    fn unique(&mut self, attributes: Vec<KeyValue>, limit: u32) -> (Vec<Attribute>, u32) {
        let mut unique = Attributes::default();
        for attribute in attributes {
            unique.set(cut(attribute, self.limits), limit as usize);
        }
        self.bytes += unique.bytes();
        unique.take()
    }

    pub(crate) fn rename(&mut self, name: Cow<'static, str>) {
        self.span.name = cut_text(name, self.limits);
    }

    /// `Ok` is final, an error replaces no status or an error, and an error without a description replaces no description.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/otel/trace/api/#set-status>
    pub(crate) fn status(&mut self, status: Status) {
        match (&self.span.status, status) {
            (SpanStatus::Ok, _) | (_, Status::Unset) => {}
            (_, Status::Ok) => self.span.status = SpanStatus::Ok,
            (SpanStatus::Error { .. }, Status::Error { description }) if description.is_empty() => {}
            (_, Status::Error { description }) => {
                self.span.status = SpanStatus::Error { description: cut_text(description, self.limits) };
            }
        }
    }

    pub(crate) fn end(mut self, at: SystemTime) {
        if matches!(self.span.status, SpanStatus::Error { .. }) && !self.attributes.has(ERROR_TYPE) {
            self.set(Attribute::new(ERROR_TYPE, OTHER));
        }
        let Self { mut span, attributes, fate, pipeline, .. } = self;
        // The wall clock may have been set back in between.
        let end = ending::took().and_then(|took| span.start.checked_add(took)).unwrap_or(at.max(span.start));
        span.end = end;
        // The line of a record is written after the end that it reports.
        span.events.iter_mut().for_each(|event| event.timestamp = event.timestamp.min(end));
        (span.attributes, span.dropped_attributes) = attributes.take();
        ending::passing(|| pipeline.accept(span.encode(), fate));
    }
}

/// The text, no longer than the limit.
fn cut_text(text: Cow<'static, str>, limits: ResolvedLimits) -> Cow<'static, str> {
    let kept = limits.cut(&text).len();
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..kept]),
        Cow::Owned(mut text) => {
            text.truncate(kept);
            Cow::Owned(text)
        }
    }
}

/// Our attribute, with texts no longer than the limit.
fn cut(attribute: KeyValue, limits: ResolvedLimits) -> Attribute {
    let Attribute { key, value } = values::attribute(attribute);
    Attribute { key, value: limits.cut_value(value) }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("span", &self.span)
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}
