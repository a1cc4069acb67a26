//! Ends spans: when they close, or when their record ends.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::canonical::AnnotationValue;
use radiosonde_core::{EndingSpan, SpanContext, SpanEnder};

use crate::entering::stack;
use crate::layer::spans::Spans;
use crate::records::attributes::{Key, hash};
use crate::records::directives::StatusCode;
use crate::records::fields::Fields;
use crate::records::record::{Fate, Record};
use crate::spans::encoding::{SPAN_ATTRIBUTES, Written, finite, key_field};

/// The value of `error.type` of a failure that has none.
///
/// Source: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/#error-type>
const OTHER: &str = "_OTHER";

const ERROR_TYPE: &str = "error.type";

impl Spans {
    /// Closes a span: its last handle is gone.
    pub(crate) fn close(&self, id: u64) {
        let Some(mut record) = self.open.shard(id).remove(&id) else { return };
        stack::closed(&record.mark);
        if record.fate != Fate::Ids {
            self.finish(&mut record, None);
        }
        if let (true, Some(tail), Some(own)) = (record.holds_tail, &self.settings.tail, &record.own) {
            tail.closed(own.context().trace_id());
        }
        record.give_back();
    }

    /// A span was exited on a thread on which it was not entered.
    pub(crate) fn exited_elsewhere(&self, id: u64) {
        // Before the lock: the clock may be the user's.
        let now = self.settings.now();
        let shard = self.open.shard(id);
        if let Some(record) = shard.get(&id).filter(|record| record.fate.is_recording()) {
            record.mark.exited(now);
        }
    }

    /// Passes on a span that no table holds. It ends `took` after its start, or at its last exit.
    fn finish(&self, record: &mut Record, took: Option<Duration>) {
        let settings = &*self.settings;
        match record.fate {
            Fate::NoSink => settings.processor.without_sink(),
            Fate::Ids | Fate::Undecided => {}
            Fate::Sampled | Fate::Local => {
                record.set_error_type();
                let took = took.map(|took| u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
                let end = took.map(|took| record.start.saturating_add(took)).or_else(|| record.last_use());
                let keep = record.fields.directives.keep;
                let Some(span) = record.encode(end.unwrap_or_else(|| settings.now())) else { return };
                match (record.fate, &settings.tail) {
                    (Fate::Local, Some(tail)) => {
                        let gone = tail.ended(span, keep, |span| settings.processor.pass(span));
                        settings.processor.tail_full(gone);
                    }
                    _ => settings.processor.pass(span),
                }
            }
        }
    }
}

impl Drop for Spans {
    /// Ends the spans that were never closed: the registry does not close the parent of a span that closes on a thread without
    /// a subscriber.
    fn drop(&mut self) {
        let mut left = Vec::new();
        self.open.drain(|record| left.push(record));
        for mut record in left {
            self.finish(&mut record, None);
        }
    }
}

impl Record {
    /// The last exit, or an event after it; `None` for a span that was never entered.
    fn last_use(&self) -> Option<u64> {
        let event = self.last_event.map_or(0, |(_, time)| time);
        self.mark.last_exit().map(|exit| exit.max(event))
    }

    /// A search for errors finds the span by this attribute.
    fn set_error_type(&mut self) {
        if self.fields.directives.status() != StatusCode::Error {
            return;
        }
        let field = key_field(ERROR_TYPE);
        let key = Key { hash: hash(ERROR_TYPE), field: &field };
        let Fields { bytes, attributes, .. } = &mut self.fields;
        if !attributes.has(bytes, key) {
            // Beyond the limit of attributes, too: the search matters more.
            attributes.push(bytes, (SPAN_ATTRIBUTES, u32::MAX), key, &Written::Text(OTHER));
        }
    }
}

/// Late attributes, collected while no lock is held: they come from the user's code.
struct Ending<'a>(RefCell<&'a mut Fields>);

impl Ending<'_> {
    fn put(&self, key: &str, value: &Written<'_>) {
        // Borrowed only if a value described itself while it is put, which it cannot.
        let Ok(mut fields) = self.0.try_borrow_mut() else { return };
        let Fields { bytes, attributes, .. } = &mut **fields;
        attributes.push_named(bytes, SPAN_ATTRIBUTES, key, value);
    }
}

impl EndingSpan for Ending<'_> {
    fn set_text(&self, key: &'static str, value: &'static str) {
        self.put(key, &Written::Text(value));
    }

    fn set_number(&self, key: &'static str, value: i64) {
        self.put(key, &Written::I64(value));
    }

    fn set_annotation(&self, key: &'static str, value: AnnotationValue<'_>) {
        match value {
            AnnotationValue::Bool(value) => self.put(key, &Written::Bool(value)),
            AnnotationValue::I64(value) => self.put(key, &Written::I64(value)),
            // OpenTelemetry has no unsigned integers.
            AnnotationValue::U64(value) => match i64::try_from(value) {
                Ok(value) => self.put(key, &Written::I64(value)),
                Err(_) => self.put(key, &Written::Text(&value.to_string())),
            },
            AnnotationValue::F64(value) => self.put(key, &finite(value)),
            AnnotationValue::Text(value) => self.put(key, &Written::Text(value)),
            other => self.put(key, &Written::Text(&other.to_string())),
        }
    }
}

pub(crate) fn span_ender(spans: Arc<Spans>) -> SpanEnder {
    SpanEnder::new(move |_, id, took, describe| {
        if spans.recording(id).is_none() {
            return spans.end(id, took, None);
        }
        let mut scratch = Fields::scratch();
        let fields = scratch.fields();
        describe(&Ending(RefCell::new(fields)));
        spans.end(id, took, Some(fields))
    })
}

impl Spans {
    /// Ends a span with late attributes before it closes, and returns its context. One that has ended is not changed.
    fn end(&self, id: u64, took: Duration, late: Option<&Fields>) -> Option<SpanContext> {
        let mut ended = {
            let mut shard = self.open.shard(id);
            let record = shard.get_mut(&id)?;
            record.use_ids();
            if record.fate == Fate::Ids {
                return record.own.as_ref().map(|own| own.context());
            }
            if let Some(late) = late {
                record.merge(late, self.settings.limits.attributes);
            }
            record.holds_tail = record.fate == Fate::Local;
            record.split_off()
        };
        // The trace goes on while the span is held, by a task that it was carried to.
        if let (Fate::Local, Some(tail), Some(own)) = (ended.fate, &self.settings.tail, &ended.own) {
            tail.opened(own.context().trace_id());
        }
        self.finish(&mut ended, Some(took));
        let context = ended.own.as_ref().map(|own| own.context());
        ended.give_back();
        context
    }
}

impl Record {
    /// Takes what was recorded; the record stays in its table for the ids.
    fn split_off(&mut self) -> Box<Self> {
        let mut ended = Self::take(self.metadata);
        ended.own.clone_from(&self.own);
        (ended.parent, ended.parent_is_remote) = (self.parent, self.parent_is_remote);
        (ended.fate, ended.start) = (self.fate, self.start);
        std::mem::swap(&mut ended.fields, &mut self.fields);
        std::mem::swap(&mut ended.extras, &mut self.extras);
        ended.last_event = self.last_event;
        ended.dropped_events = self.dropped_events;
        ended.dropped_links = self.dropped_links;
        self.stop_recording();
        ended
    }
}
