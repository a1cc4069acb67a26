//! Texts for a terminal: without control characters, and of a bounded length.

use std::fmt::Write as _;

use crate::spans::attribute::AttributeValue;

/// Appends the first `limit` characters of a text. Characters that would move the cursor or turn the text around are escaped.
pub(crate) fn put_text(out: &mut String, text: &str, limit: usize) {
    for (at, character) in text.chars().enumerate() {
        if at == limit {
            out.push('…');
            return;
        }
        if is_unprintable(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
}

/// Appends a value: texts in quotation marks, so that "200" and 200 differ.
pub(crate) fn put_value(out: &mut String, value: &AttributeValue, limit: usize) {
    // Writing to a `String` cannot fail.
    let _ = match value {
        AttributeValue::String(text) => {
            out.push('"');
            put_text(out, text, limit);
            out.push('"');
            Ok(())
        }
        AttributeValue::I64(number) => write!(out, "{number}"),
        AttributeValue::F64(number) => write!(out, "{number:?}"),
        AttributeValue::Bool(value) => write!(out, "{value}"),
        AttributeValue::Array(values) => {
            out.push('[');
            for (at, value) in values.iter().take(limit).enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                put_value(out, value, limit);
            }
            out.push_str(if values.len() > limit { ", …]" } else { "]" });
            Ok(())
        }
    };
}

fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str, limit: usize) -> String {
        let mut out = String::new();
        put_text(&mut out, text, limit);
        out
    }

    #[test]
    fn what_would_move_the_cursor_is_escaped() {
        assert_eq!(text("a\x1b[2Jb\r\n\u{202e}c\u{9b}", 99), "a\\u{1b}[2Jb\\r\\n\\u{202e}c\\u{9b}");
        assert_eq!(text("Sodankylä", 99), "Sodankylä");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(text("Sodankylä", 9), "Sodankylä");
        assert_eq!(text("Sodankylä", 4), "Soda…");
    }

    #[test]
    fn values_show_their_type() {
        let values = AttributeValue::Array(vec![
            "200".into(),
            200.into(),
            AttributeValue::F64(2.0),
            true.into(),
            "too many".into(),
        ]);
        let mut out = String::new();
        put_value(&mut out, &values, 4);
        assert_eq!(out, "[\"200\", 200, 2.0, true, …]");
    }
}
