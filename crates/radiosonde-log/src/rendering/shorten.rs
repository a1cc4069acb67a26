//! Shortens a line that is too long: the longest values are truncated until the line fits.

use std::ptr;

use crate::escaping::escaped_text::{cut_at, error_message};
use crate::rendering::fields::{Entry, Fields};
use crate::rendering::json_kind::JsonKind;
use crate::rendering::line_parts::{LineParts, push_end, push_reserved, push_start};
use crate::schemas::bounds::MAX_MODULE_BYTES;
use crate::schemas::layout::Group;
use crate::schemas::reserved_key::Section;
use crate::schemas::schema::Schema;

/// Values are never truncated below this, so that numbers and short values stay whole.
const MIN_VALUE: usize = 64;

/// The start of an error without its causes.
const ERROR_START: &str = "{\"message\":\"";
const ERROR_END: &str = "\",\"chain\":[]}";

/// Writes the line in at most `limit` bytes, which must be at least [`least_bytes`].
pub(crate) fn push_line(out: &mut String, parts: &LineParts<'_>, limit: usize) {
    let start = out.len();
    push_start(out, parts);
    let mut end = String::new();
    push_end(&mut end, parts, true);
    let fixed = out.len() - start
        + end.len()
        + ",\"message\":\"\"".len()
        + parts.schema.group().map_or(0, Group::bytes)
        + parts.rest.len()
        + "}}".len();
    let budget = limit.saturating_sub(fixed);

    let fields = parts.fields;
    let kept = keep(fields, budget);
    let cap = cap(fields, &kept, budget);
    let push = |out: &mut String, entry: &Entry| {
        out.push_str(fields.prefix(entry));
        push_value(out, fields, entry, cap);
    };
    push_reserved(out, parts, push);
    out.push_str(&end);
    let mut is_first = true;
    let is_kept = |entry: &&Entry| kept.iter().any(|other| ptr::eq(*other, *entry));
    for entry in fields.entries().iter().filter(|entry| entry.section == Section::Rest).filter(is_kept) {
        if is_first {
            out.push_str(parts.rest);
            // The comma separates fields.
            out.push_str(fields.prefix(entry).trim_start_matches(','));
            push_value(out, fields, entry, cap);
        } else {
            push(out, entry);
        }
        is_first = false;
    }
    out.push_str(if is_first { "}" } else { "}}" });
}

/// The size of the shortest line in the worst case: an envelope, a module of only escapes, ids and punctuation, and the
/// reserved keys with their values truncated to the minimum.
pub(crate) fn least_bytes(schema: &Schema) -> usize {
    let reserved_keys: usize = schema.reserved_prefixes().map(|key| key.len() + MIN_VALUE).sum();
    let group = schema.group().map_or(0, Group::bytes);
    schema.longest_envelope() + 6 * MAX_MODULE_BYTES + 512 + reserved_keys + group
}

/// The fields that fit when each is truncated to the minimum, those with reserved keys first.
fn keep(fields: &Fields, budget: usize) -> Vec<&Entry> {
    let mut used = 0;
    let reserved_keys = fields.entries().iter().filter(|entry| entry.key.is_reserved());
    let others = fields.entries().iter().filter(|entry| !entry.key.is_reserved());
    reserved_keys
        .chain(others)
        .filter(|entry| {
            let needed = size(fields, entry, MIN_VALUE);
            let fits = used + needed <= budget;
            used += if fits { needed } else { 0 };
            fits
        })
        .collect()
}

/// The largest length to which values can be truncated so that all of them fit.
fn cap(fields: &Fields, kept: &[&Entry], budget: usize) -> usize {
    let (mut fits, mut too_long) = (MIN_VALUE, budget.max(MIN_VALUE) + 1);
    while fits + 1 < too_long {
        let middle = usize::midpoint(fits, too_long);
        let total: usize = kept.iter().map(|entry| size(fields, entry, middle)).sum();
        if total <= budget { fits = middle } else { too_long = middle }
    }
    fits
}

fn size(fields: &Fields, entry: &Entry, cap: usize) -> usize {
    fields.prefix(entry).len() + fields.value(entry).len().min(cap)
}

/// Appends a value in at most `cap` bytes, which numbers and the like never exceed.
fn push_value(out: &mut String, fields: &Fields, entry: &Entry, cap: usize) {
    let value = fields.value(entry);
    if value.len() <= cap {
        out.push_str(value);
        return;
    }
    let (start, contents, end) = match entry.kind {
        JsonKind::ErrorChain => (ERROR_START, error_message(value), ERROR_END),
        JsonKind::ErrorText => (ERROR_START, error_message(value), "\"}"),
        _ => ("\"", fields.contents(entry), "\""),
    };
    out.push_str(start);
    out.push_str(&contents[..cut_at(contents, cap.saturating_sub(start.len() + end.len()))]);
    out.push_str(end);
}
