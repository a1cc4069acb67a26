//! Finds the value after a key in a text. Positions are within the contents of a rendered JSON string, in which quotes are
//! `\\"`.

use std::ops::Range;

/// Values that are not secret.
const EMPTY: [&[u8]; 4] = [b"None", b"false", b"null", b"true"];

/// Words that may precede credentials.
const SCHEMES: [&[u8]; 4] = [b"basic", b"bearer", b"digest", b"token"];

/// Whether this may be all between a key and its `:` or `=`.
pub(crate) fn joins(between: &[u8]) -> bool {
    matches!(between, b"" | b" " | b"'" | b"\\\"" | b"\\\" ")
}

/// The range of the value, in the text after a key and its `:` or `=`.
pub(crate) fn value(text: &[u8]) -> Option<Range<usize>> {
    let mut start = text.iter().take_while(|byte| **byte == b' ').count().min(1);
    if text[start..].starts_with(b"Some(") {
        start += 5;
    }
    let end = if text[start..].starts_with(b"\\\"") {
        start += 2;
        start + quoted(&text[start..])
    } else {
        start + bare(&text[start..])
    };
    let is_something = start < end && !EMPTY.contains(&&text[start..end]);
    is_something.then_some(start..end)
}

/// The length of a quoted text, after its opening quote.
fn quoted(text: &[u8]) -> usize {
    let mut at = 0;
    let mut is_escaped = false;
    while let Some(byte) = text.get(at) {
        let length = match (byte, text.get(at + 1)) {
            // The end of the whole text: the value was truncated.
            (b'"', _) => return at,
            (b'\\', Some(b'"')) if !is_escaped => return at,
            (b'\\', Some(b'\\')) => {
                is_escaped = !is_escaped;
                at += 2;
                continue;
            }
            (b'\\', Some(b'u')) => 6,
            (b'\\', _) => 2,
            _ => 1,
        };
        is_escaped = false;
        at += length;
    }
    text.len()
}

/// The length of a value without quotes.
fn bare(text: &[u8]) -> usize {
    let word = |from: usize| from + text[from..].iter().take_while(|byte| is_of_word(**byte)).count();
    let end = word(0);
    let is_scheme = SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(&text[..end]));
    if is_scheme && text.get(end) == Some(&b' ') { word(end + 1) } else { end }
}

const fn is_of_word(byte: u8) -> bool {
    !byte.is_ascii_whitespace()
        && !matches!(
            byte,
            b',' | b';'
                | b'&'
                | b'('
                | b')'
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'\''
                | b'"'
                | b'\\'
                | b':'
                | b'='
                | b'>'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_its_quotes_or_its_word_end() {
        let cases = [
            (r#" \"hunter2\", user"#, Some("hunter2")),
            (r#"\"hunter2\"}"#, Some("hunter2")),
            (r#" Some(\"hunter2\") }"#, Some("hunter2")),
            (r#" \"a\\\"b\" c"#, Some(r#"a\\\"b"#)),
            (r#" \"a\\\\\" c"#, Some(r#"a\\\\"#)),
            (r#" \"cut"#, Some("cut")),
            (r#" \"\u001b[1m\"x"#, Some(r#"\u001b[1m"#)),
            ("hunter2&b=c", Some("hunter2")),
            (" hunter2 and", Some("hunter2")),
            (" Bearer abc, x", Some("Bearer abc")),
            (" token ", Some("token ")),
            (" None }", None),
            (" Some(None)", None),
            (" [1, 2]", None),
            (" {", None),
            (":new()", None),
            ("= 1", None),
            (r#" \"\""#, None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text.as_bytes()).map(|range| &text[range]), expected, "{text}");
        }
    }
}
