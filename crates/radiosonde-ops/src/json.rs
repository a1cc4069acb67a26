//! A minimal JSON writer for the catalogue.

use std::fmt::Write as _;

/// Appends a string with its quotes.
///
/// Source: RFC 8259, section 7: <https://www.rfc-editor.org/rfc/rfc8259#section-7>
pub(crate) fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            // Writing to a String does not fail.
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Appends a list whose items are written by `write`.
pub(crate) fn list<T>(items: impl IntoIterator<Item = T>, out: &mut String, write: impl Fn(T, &mut String)) {
    out.push('[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(']');
}

/// Appends an object whose values are written by `write`.
pub(crate) fn object<'a, T>(
    members: impl IntoIterator<Item = (&'a str, T)>,
    out: &mut String,
    write: impl Fn(T, &mut String),
) {
    out.push('{');
    for (at, (key, value)) in members.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        string(key, out);
        out.push(':');
        write(value, out);
    }
    out.push('}');
}
