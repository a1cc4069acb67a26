use crate::rendering::line_parts::{LineParts, push_end, push_reserved, push_start};
use crate::rendering::shorten;

/// Writes one JSON object of at most `limit` bytes; returns whether it was truncated.
pub(crate) fn push_line(out: &mut String, parts: &LineParts<'_>, limit: usize) -> bool {
    let fields = parts.fields;
    let truncated = fields.is_truncated();
    let start = out.len();
    push_start(out, parts);
    if parts.schema.group().is_none() && fields.top_is_in_order() {
        out.push_str(fields.top());
    } else {
        push_reserved(out, parts, |out, entry| out.push_str(fields.piece(entry)));
    }
    push_end(out, parts, truncated);
    // The first byte is a comma. It is skipped unread: reading back bytes that were just written one by one is slow.
    if let Some(rest) = fields.rest().get(1..) {
        out.push_str(parts.rest);
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
