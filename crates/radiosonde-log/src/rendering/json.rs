use radiosonde_core::SpanContext;

use crate::rendering::fields::{Entry, Fields, Place};
use crate::rendering::shorten;
use crate::schemas::schema::Schema;
use crate::schemas::slot::Slot;

/// Everything a line is made of, rendered already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) timestamp: &'a str,
    /// From the quote that ends the timestamp to the one that ends the module.
    pub(crate) head: &'a str,
    pub(crate) fields: &'a Fields,
    pub(crate) context: Option<SpanContext>,
}

/// Writes one JSON object of at most `limit` bytes and returns whether anything had to go.
pub(crate) fn push_line(out: &mut String, parts: &Parts<'_>, limit: usize) -> bool {
    let fields = parts.fields;
    let truncated = fields.is_truncated();
    let start = out.len();
    push_start(out, parts);
    if are_in_order(fields) {
        out.push_str(fields.top());
    } else {
        push_slots(out, parts, |out, entry| out.push_str(fields.piece(entry)));
    }
    push_ids(out, parts, truncated);
    // The first byte is a comma. It is not looked at: what has just been written byte by byte is slow to read back.
    if let Some(rest) = fields.rest().get(1..) {
        out.push_str(&parts.schema.rest);
        out.push_str(rest);
        out.push('}');
    }
    out.push('}');
    if out.len() - start <= limit {
        return truncated;
    }
    out.truncate(start);
    shorten::push_line(out, parts, limit);
    true
}

/// Whether the slots stand in the buffer as they do in a line.
fn are_in_order(fields: &Fields) -> bool {
    let mut top = fields.entries().iter().filter(|entry| entry.place == Place::Top);
    let mut last = match top.next() {
        Some(first) if first.key.index() == Slot::MESSAGE.index() => first.key.index(),
        _ => return false,
    };
    top.all(|entry| std::mem::replace(&mut last, entry.key.index()) < entry.key.index())
}

/// The object up to the slots.
pub(crate) fn push_start(out: &mut String, parts: &Parts<'_>) {
    out.push_str(&parts.schema.start);
    out.push_str(parts.timestamp);
    out.push_str(parts.head);
}

/// The reserved keys that fields fill, in their order. `message` is always there.
pub(crate) fn push_slots(out: &mut String, parts: &Parts<'_>, push: impl Fn(&mut String, &Entry)) {
    let mut filled = [None; Slot::MAX];
    for entry in parts.fields.entries() {
        if entry.place == Place::Top
            && let Some(place) = filled.get_mut(entry.key.index())
        {
            *place = Some(entry);
        }
    }
    if filled[Slot::MESSAGE.index()].is_none()
        && let Some((key, _)) = parts.schema.slot(Slot::MESSAGE)
    {
        out.push_str(key);
        out.push_str("\"\"");
    }
    for entry in filled.into_iter().flatten() {
        push(out, entry);
    }
}

/// The ids, and whether something is missing.
pub(crate) fn push_ids(out: &mut String, parts: &Parts<'_>, truncated: bool) {
    if let Some(context) = parts.context {
        out.push_str(&parts.schema.trace_id);
        push_hex(out, &context.trace_id().to_hex());
        out.push_str(&parts.schema.span_id);
        push_hex(out, &context.span_id().to_hex());
        out.push('"');
    }
    if truncated {
        out.push_str(&parts.schema.truncated);
    }
}

fn push_hex(out: &mut String, digits: &[u8]) {
    // Digits are ASCII, so that the default is never taken.
    out.push_str(std::str::from_utf8(digits).unwrap_or_default());
}
