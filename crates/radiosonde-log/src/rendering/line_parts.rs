use radiosonde_core::SpanContext;

use crate::rendering::fields::{Entry, Fields};
use crate::rendering::json_kind::JsonKind;
use crate::rendering::timestamp::push_digits;
use crate::schemas::envelope::Envelope;
use crate::schemas::layout::Group;
use crate::schemas::reserved_key::{ReservedKey, Section};
use crate::schemas::schema::Schema;

/// All parts of a line, already rendered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineParts<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) timestamp: &'a str,
    pub(crate) envelope: &'a Envelope,
    /// The text that opens the object of the fields without a reserved key.
    pub(crate) rest: &'a str,
    pub(crate) fields: &'a Fields,
    pub(crate) context: Option<SpanContext>,
}

/// Appends the object up to the reserved keys.
pub(crate) fn push_start(out: &mut String, parts: &LineParts<'_>) {
    out.push_str(&parts.schema.start);
    out.push_str(parts.timestamp);
    out.push_str(&parts.envelope.prefix);
}

/// Appends the reserved keys that fields fill, in order. `message` is always present.
pub(crate) fn push_reserved(out: &mut String, parts: &LineParts<'_>, push: impl Fn(&mut String, &Entry)) {
    let entries = parts.fields.entries();
    // By reserved key: the place of its entry, and whether it has one, as bits.
    let (mut places, mut present) = ([0_u32; ReservedKey::MAX], 0_u32);
    for (place, entry) in entries.iter().enumerate() {
        if entry.section == Section::Top
            && let Some(of_key) = places.get_mut(entry.key.index())
        {
            *of_key = place as u32;
            present |= 1 << entry.key.index();
        }
    }
    if present & 1 << ReservedKey::MESSAGE.index() == 0
        && let Some(rendered) = parts.schema.reserved_key(ReservedKey::MESSAGE)
    {
        out.push_str(&rendered.prefix);
        out.push_str("\"\"");
    }
    let Some(group) = parts.schema.group() else {
        while present != 0 {
            let key = present.trailing_zeros() as usize;
            if let Some(entry) = entries.get(places[key % ReservedKey::MAX] as usize) {
                push(out, entry);
            }
            present &= present - 1;
        }
        return;
    };
    let mut filled = [None; ReservedKey::MAX];
    for (key, entry) in filled.iter_mut().enumerate().filter(|(key, _)| present & 1 << key != 0) {
        *entry = entries.get(places[key] as usize);
    }
    let (before, from) = filled.split_at(group.reserved_keys.start);
    let (grouped, after) = from.split_at(group.reserved_keys.len());
    before.iter().flatten().for_each(|entry| push(out, entry));
    if grouped.iter().any(Option::is_some) {
        out.push_str(group.open);
        let brace = out.len();
        grouped.iter().flatten().for_each(|entry| push(out, entry));
        // Replaces the comma of the first one.
        out.replace_range(brace..=brace, "{");
        push_latency(out, parts, filled[group.latency]);
        out.push('}');
    }
    after.iter().flatten().for_each(|entry| push(out, entry));
}

/// Appends the duration in the format of protobuf's JSON.
fn push_latency(out: &mut String, parts: &LineParts<'_>, millis: Option<&Entry>) {
    let millis = millis.filter(|entry| matches!(entry.kind, JsonKind::Integer | JsonKind::Float));
    let millis = millis.and_then(|entry| parts.fields.value(entry).parse::<f64>().ok());
    if let Some(millis) = millis.filter(|millis| (0.0..=Group::MAX_MILLIS).contains(millis)) {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is within 0 and 10^17"
        )]
        let nanos = (millis * 1e6).round() as u128;
        let (second, nano) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
        out.push_str(",\"latency\":\"");
        out.push_str(itoa::Buffer::new().format(second));
        out.push('.');
        let (digits, nano) = match nano {
            nano if nano % 1_000_000 == 0 => (3, nano / 1_000_000),
            nano if nano % 1000 == 0 => (6, nano / 1000),
            nano => (9, nano),
        };
        push_digits(out, nano as u64, digits);
        out.push_str("s\"");
    }
}

/// Appends the text after the reserved keys: the event's other properties, the ids, and the mark of truncation.
pub(crate) fn push_end(out: &mut String, parts: &LineParts<'_>, truncated: bool) {
    out.push_str(&parts.envelope.suffix);
    if let Some(context) = &parts.context {
        out.push_str(parts.schema.trace_id());
        push_hex(out, &context.trace_id().to_hex());
        out.push_str(parts.schema.span_id());
        push_hex(out, &context.span_id().to_hex());
        out.push_str(parts.schema.span_end(context));
    }
    if truncated {
        out.push_str(parts.schema.truncated());
    }
}

fn push_hex(out: &mut String, digits: &[u8]) {
    // Digits are ASCII, so the default is never used.
    out.push_str(std::str::from_utf8(digits).unwrap_or_default());
}
