use tracing::{Event, Level};

use crate::layer::spans::Spans;
use crate::planning::visitor::Visitor;
use crate::propagation::remote_context::RemoteContext;
use crate::records::fields::Fields;
use crate::records::limits::MAX_SPAN_BYTES;
use crate::records::record::Record;
use crate::spans::attribute::AttributeValue;
use crate::spans::encoding::{put_event, put_link};
use crate::spans::finished_span::SpanLink;

impl Spans {
    /// Adds an event to an open span.
    pub(crate) fn event(&self, id: u64, event: &Event<'_>) {
        let metadata = event.metadata();
        if *metadata.level() > self.settings.events || radiosonde_core::silence::is_silenced() {
            return;
        }
        let plan = self.plan(metadata);
        if plan.is_access {
            return;
        }
        let is_error = *metadata.level() == Level::ERROR;
        let mut scratch = Fields::scratch();
        let fields = scratch.fields();
        let mut visitor = Visitor::of_event(plan, fields, &self.settings.limits, is_error);
        event.record(&mut visitor);
        self.failed(visitor.failed);
        let at = self.settings.now();
        let mut shard = self.open.shard(id);
        let Some(record) = shard.get_mut(&id).filter(|record| record.fate.is_recording()) else { return };
        let name = fields.directives.name().unwrap_or(match plan.is_exception {
            true => "exception",
            false => metadata.name(),
        });
        record.event(at, name, fields, self.settings.limits.events);
        if is_error {
            record.fields.directives.fail_by_event(fields.directives.description());
        }
        record.fields.directives.keep |= fields.directives.keep;
    }

    /// Links an open span to another one.
    pub(crate) fn link(&self, id: u64, to: &RemoteContext) {
        self.add_link(id, SpanLink::to(to));
    }

    pub(crate) fn add_link(&self, id: u64, mut link: SpanLink) {
        let beyond = link.attributes.len().saturating_sub(self.settings.limits.link_attributes as usize);
        link.attributes.truncate(link.attributes.len() - beyond);
        link.dropped_attributes = link.dropped_attributes.saturating_add(beyond as u32);
        for attribute in &mut link.attributes {
            let value = std::mem::replace(&mut attribute.value, AttributeValue::Bool(false));
            attribute.value = self.settings.limits.cut_value(value);
        }
        let mut written = Vec::new();
        put_link(&mut written, &link);
        let mut shard = self.open.shard(id);
        let Some(record) = shard.get_mut(&id).filter(|record| record.fate.is_recording()) else { return };
        if record.links >= self.settings.limits.links || record.extras.len() > MAX_SPAN_BYTES {
            record.dropped_links = record.dropped_links.saturating_add(1);
            return;
        }
        record.links += 1;
        record.extras_mut().extend_from_slice(&written);
    }
}

impl Record {
    fn event(&mut self, at: u64, name: &str, fields: &Fields, limit: u32) {
        if self.events >= limit || self.extras.len() > MAX_SPAN_BYTES {
            self.dropped_events = self.dropped_events.saturating_add(1);
            return;
        }
        self.events += 1;
        let time = put_event(self.extras_mut(), at, name, &fields.bytes, fields.attributes.dropped);
        self.last_event = Some((time as u32, at));
    }
}
