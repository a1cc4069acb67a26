use radiosonde_core::SpanContext;

use crate::planning::slot::Slot;
use crate::rendering::escape::push_escaped;
use crate::rendering::fields::{Entry, Fields};
use crate::rendering::shorten;

/// Everything a line is made of, rendered already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) timestamp: &'a str,
    /// From the quote that ends the timestamp to the one that starts the module: the same for every line of a level.
    pub(crate) head: &'a str,
    pub(crate) module: &'a str,
    pub(crate) fields: &'a Fields,
    pub(crate) context: Option<SpanContext>,
}

/// Writes one JSON object of at most `limit` bytes and returns whether anything had to go.
pub(crate) fn push_line(out: &mut String, parts: &Parts<'_>, limit: usize) -> bool {
    let truncated = parts.fields.is_truncated();
    let start = out.len();
    push_start(out, parts);
    push_module(out, parts.module);
    push_slots(out, parts.fields, |out, entry| out.push_str(parts.fields.piece(entry)));
    push_end(out, parts, truncated, |out, entry| out.push_str(parts.fields.piece(entry)), |_| true);
    if out.len() - start <= limit {
        return truncated;
    }
    out.truncate(start);
    shorten::push_line(out, parts, limit);
    true
}

/// The object up to the module.
pub(crate) fn push_start(out: &mut String, parts: &Parts<'_>) {
    out.push_str("{\"timestamp\":\"");
    out.push_str(parts.timestamp);
    out.push_str(parts.head);
}

pub(crate) fn push_module(out: &mut String, module: &str) {
    push_escaped(out, module);
    out.push('"');
}

/// The reserved keys that fields fill, in their order. `message` is always there.
pub(crate) fn push_slots(out: &mut String, fields: &Fields, push: impl Fn(&mut String, &Entry)) {
    let mut filled = [None; Slot::COUNT];
    for entry in fields.entries() {
        if let Some(slot) = entry.slot {
            filled[slot.index()] = Some(entry);
        }
    }
    if filled[Slot::Message.index()].is_none() {
        out.push_str(",\"message\":\"\"");
    }
    for entry in filled.into_iter().flatten() {
        out.push(',');
        push(out, entry);
    }
}

/// The ids, the rest of the fields and the end of the object.
pub(crate) fn push_end(
    out: &mut String,
    parts: &Parts<'_>,
    truncated: bool,
    push: impl Fn(&mut String, &Entry),
    keep: impl Fn(&Entry) -> bool,
) {
    if let Some(context) = parts.context {
        out.push_str(",\"trace_id\":\"");
        push_hex(out, &context.trace_id().to_hex());
        out.push_str("\",\"span_id\":\"");
        push_hex(out, &context.span_id().to_hex());
        out.push('"');
    }
    if truncated {
        out.push_str(",\"truncated\":true");
    }
    let mut separator = ",\"metadata\":{";
    for entry in parts.fields.entries() {
        if entry.slot.is_none() && keep(entry) {
            out.push_str(separator);
            separator = ",";
            push(out, entry);
        }
    }
    out.push_str(if separator == "," { "}}" } else { "}" });
}

fn push_hex(out: &mut String, digits: &[u8]) {
    // Digits are ASCII, so that the default is never taken.
    out.push_str(std::str::from_utf8(digits).unwrap_or_default());
}
