use std::fmt;

use radiosonde_core::{Formatted, format_within};

/// Needs no escape inside a JSON string.
const PLAIN: u8 = 0;
/// First byte of a two-byte character, of which U+0080 to U+009F are control characters.
const LEADS_C1: u8 = 1;
/// First byte of a three-byte character, of which some end a line or change the direction of the text.
const LEADS_PUNCTUATION: u8 = 2;
/// Escaped as `\u00XX`. Every other class is the letter after the backslash.
const AS_HEX: u8 = b'u';

static CLASS: [u8; 256] = {
    let mut class = [PLAIN; 256];
    let mut byte = 0;
    while byte < 0x20 {
        class[byte] = AS_HEX;
        byte += 1;
    }
    class[0x7f] = AS_HEX;
    class[0x08] = b'b';
    class[0x09] = b't';
    class[0x0a] = b'n';
    class[0x0c] = b'f';
    class[0x0d] = b'r';
    class[b'"' as usize] = b'"';
    class[b'\\' as usize] = b'\\';
    class[0xc2] = LEADS_C1;
    class[0xe2] = LEADS_PUNCTUATION;
    class
};

/// The largest growth of a character when escaped: `\x00` becomes `\u0000`.
pub(crate) const MAX_GROWTH: usize = 6;

/// Appends `text` as the contents of a JSON string.
///
/// It escapes the characters required by RFC 8259 (quote, backslash, U+0000 to U+001F), and those that could break or forge
/// a line in a less strict reader: DEL and the C1 controls, the line and paragraph separators, and the bidirectional
/// overrides.
#[inline(always)]
pub(crate) fn push_escaped(out: &mut String, text: &str) {
    push_contents(out, text);
}

/// Like [`push_escaped`]; returns whether no character was escaped.
#[inline(always)]
fn push_contents(out: &mut String, text: &str) -> bool {
    let plain = plain_prefix(text.as_bytes());
    if plain == text.len() {
        out.push_str(text);
        return true;
    }
    push_escaped_from(out, text, plain);
    false
}

/// A lower bound for the length of the prefix without escapes. It compares whole blocks; the last block overlaps the one before.
fn plain_prefix(bytes: &[u8]) -> usize {
    const BLOCK: usize = 16;
    let Some(last) = bytes.last_chunk::<BLOCK>() else { return plain_prefix_of_few(bytes) };
    let mut at = 0;
    while let Some(block) = bytes[at..].first_chunk::<BLOCK>() {
        if is_odd(block) {
            return at;
        }
        at += BLOCK;
    }
    if is_odd(last) { at } else { bytes.len() }
}

/// Like [`plain_prefix`], for less than a block.
fn plain_prefix_of_few(bytes: &[u8]) -> usize {
    const WORD: usize = 8;
    match (bytes.first_chunk::<WORD>(), bytes.last_chunk::<WORD>()) {
        (Some(first), Some(last)) if !is_odd(first) && !is_odd(last) => bytes.len(),
        _ => bytes.iter().take_while(|byte| CLASS[usize::from(**byte)] == PLAIN).count(),
    }
}

/// Whether a byte may have to be escaped. Without a branch, so that the compiler can vectorise it.
fn is_odd<const N: usize>(block: &[u8; N]) -> bool {
    let odd = |byte: u8| !(0x20..0x7f).contains(&byte) || byte == b'"' || byte == b'\\';
    block.iter().fold(false, |found, byte| found | odd(*byte))
}

/// Like [`push_escaped`], for a text whose first `at` bytes need no escape.
fn push_escaped_from(out: &mut String, text: &str, mut at: usize) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    while let Some(&byte) = bytes.get(at) {
        let class = CLASS[usize::from(byte)];
        if class == PLAIN {
            at += 1;
            continue;
        }
        let length = length_of(class);
        if let Some(escape) = Escape::of(class, &bytes[at..at + length]) {
            out.push_str(&text[copied..at]);
            escape.push(out);
            copied = at + length;
        }
        at += length;
    }
    out.push_str(&text[copied..]);
}

/// The result of escaping a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contents {
    /// The text was truncated.
    pub(crate) cut: bool,
    /// No character was escaped. May be `false` for such a text if it is long.
    pub(crate) plain: bool,
}

/// Like [`push_escaped`], up to `limit` bytes in `out`; never splits a character or an escape.
#[inline(always)]
pub(crate) fn push_escaped_within(out: &mut String, text: &str, limit: usize) -> Contents {
    if out.len().saturating_add(text.len().saturating_mul(MAX_GROWTH)) <= limit {
        return Contents { cut: false, plain: push_contents(out, text) };
    }
    Contents { cut: !push_long(out, text, limit), plain: false }
}

/// Like [`push_escaped_within`], for a text that may be too long; `false` if it was truncated.
#[inline(never)]
fn push_long(out: &mut String, text: &str, limit: usize) -> bool {
    // Copies blocks that fit even if every byte has to be escaped, while those are long; then single characters.
    const FEW: usize = 64;
    let mut rest = text;
    loop {
        let surely = limit.saturating_sub(out.len()) / MAX_GROWTH;
        if surely < FEW || rest.len() < FEW {
            break;
        }
        let (block, after) = rest.split_at(boundary(rest, surely));
        push_escaped(out, block);
        rest = after;
    }
    let mut utf8 = [0; 4];
    for character in rest.chars() {
        let encoded = character.encode_utf8(&mut utf8);
        let before = out.len();
        push_escaped(out, encoded);
        if out.len() > limit {
            out.truncate(before);
            return false;
        }
    }
    true
}

/// The last character boundary up to `at`.
pub(crate) fn boundary(text: &str, at: usize) -> usize {
    let mut end = text.len().min(at);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// The length of a character whose first byte has this class.
const fn length_of(class: u8) -> usize {
    match class {
        LEADS_C1 => 2,
        LEADS_PUNCTUATION => 3,
        _ => 1,
    }
}

enum Escape {
    Letter(u8),
    Hex(u16),
}

impl Escape {
    fn of(class: u8, character: &[u8]) -> Option<Self> {
        match (class, character) {
            (AS_HEX, &[byte]) => Some(Self::Hex(u16::from(byte))),
            (LEADS_C1, &[_, last]) => (last < 0xa0).then(|| Self::Hex(u16::from(last))),
            (LEADS_PUNCTUATION, &[_, middle, last]) => {
                let code = 0x2000 | (u16::from(middle & 0x3f) << 6) | u16::from(last & 0x3f);
                matches!(code, 0x2028..=0x202e | 0x2066..=0x2069).then_some(Self::Hex(code))
            }
            _ => Some(Self::Letter(class)),
        }
    }

    fn push(self, out: &mut String) {
        match self {
            Self::Letter(letter) => {
                out.push('\\');
                out.push(char::from(letter));
            }
            Self::Hex(code) => {
                const DIGITS: [char; 16] =
                    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
                out.push_str("\\u");
                for shift in [12, 8, 4, 0] {
                    out.push(DIGITS[usize::from(code >> shift & 0xf)]);
                }
            }
        }
    }
}

/// Appends a user's formatted `Debug` or `Display` as the contents of a JSON string, up to `limit` bytes in `out`. `None` if
/// it fails or panics, in which case nothing is appended.
///
/// The text is formatted in place and then escaped in one scan, instead of one for each fragment.
#[inline]
pub(crate) fn push_formatted(out: &mut String, value: fmt::Arguments<'_>, limit: usize) -> Option<Contents> {
    let start = out.len();
    let cut = format_within(out, value, limit)? == Formatted::Cut;
    let plain = plain_prefix(&out.as_bytes()[start..]);
    if start + plain == out.len() {
        return Some(Contents { cut, plain: true });
    }
    let fits = escape_tail(out, start, start + plain, limit);
    Some(Contents { cut: cut || !fits, plain: false })
}

/// Escapes the text from `start` to the end, which needs no escape before `odd`. `false` if it was truncated.
#[inline(never)]
fn escape_tail(out: &mut String, start: usize, odd: usize, limit: usize) -> bool {
    let end = out.len();
    if start.saturating_add((end - start).saturating_mul(MAX_GROWTH)) > limit {
        let text = out.split_off(start);
        return !push_escaped_within(out, &text, limit).cut;
    }
    // The escaped text is appended and the original then removed, so that no other buffer is needed.
    let (mut at, mut copied) = (odd, odd);
    while at < end {
        let bytes = out.as_bytes();
        let class = CLASS[usize::from(bytes[at])];
        if class == PLAIN {
            at += 1;
            continue;
        }
        let length = length_of(class);
        if let Some(escape) = Escape::of(class, &bytes[at..at + length]) {
            out.extend_from_within(copied..at);
            escape.push(out);
            copied = at + length;
        }
        at += length;
    }
    out.extend_from_within(copied..end);
    out.drain(odd..end);
    true
}

/// The contents of a JSON string.
pub(crate) fn between_quotes(json: &str) -> &str {
    json.get(1..json.len().saturating_sub(1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::escaping::escaped_text::{cut_at, unescape};

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        push_escaped(&mut out, text);
        out
    }

    #[test]
    fn what_could_break_or_forge_a_line_is_escaped() {
        let cases = [
            ("plain äöü 漢字 🎈 ‹›", "plain äöü 漢字 🎈 ‹›"),
            ("say \"hi\" \\ now", r#"say \"hi\" \\ now"#),
            ("a\nb\r\tc\u{8}\u{c}", r"a\nb\r\tc\b\f"),
            ("\0\u{1}\u{1f}\u{7f}", r"\u0000\u0001\u001f\u007f"),
            ("\u{1b}[31mred", r"\u001b[31mred"),
            ("\u{85}\u{9b}\u{a0}", "\\u0085\\u009b\u{a0}"),
            (
                "\u{2027}\u{2028}\u{2029}\u{202e}\u{202f}\u{2066}",
                "\u{2027}\\u2028\\u2029\\u202e\u{202f}\\u2066",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(escaped(text), expected);
        }
    }

    #[test]
    fn a_limit_splits_neither_characters_nor_escapes() {
        for limit in 0..12 {
            let mut out = String::new();
            let complete = !push_escaped_within(&mut out, "ä\n\u{1b}€", limit).cut;
            let expected = match limit {
                0..=1 => "",
                2..=3 => "ä",
                4..=9 => "ä\\n",
                _ => "ä\\n\\u001b",
            };
            assert_eq!((out.as_str(), complete), (expected, false), "limit {limit}");
            assert_eq!(cut_at(&escaped("ä\n\u{1b}€"), limit), expected.len());
        }
    }

    proptest! {
        #[test]
        fn escaping_is_undone_by_a_json_parser_and_by_us(text in any::<String>()) {
            let escaped = escaped(&text);
            let parsed: String = serde_json::from_str(&format!("\"{escaped}\"")).unwrap();
            prop_assert_eq!(&parsed, &text);
            prop_assert_eq!(unescape(&escaped), text);
            prop_assert!(!escaped.chars().any(char::is_control));
        }

        #[test]
        fn what_is_formatted_is_escaped_and_cut_as_a_text_is(
            texts in prop::collection::vec(any::<String>(), 0..4),
            limit in prop_oneof![0_usize..200, Just(10_000)],
        ) {
            struct Fragments<'a>(&'a [String]);
            impl fmt::Display for Fragments<'_> {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.iter().try_for_each(|text| f.write_str(text))
                }
            }
            let (mut expected, mut found) = (String::from("ä\""), String::from("ä\""));
            let whole = push_escaped_within(&mut expected, &texts.concat(), limit);
            let formatted = push_formatted(&mut found, format_args!("{}", Fragments(&texts)), limit).unwrap();
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(formatted.cut, whole.cut);
            prop_assert!(!whole.plain || formatted.plain);
            prop_assert!(!formatted.plain || !found[3..].contains('\\'));
        }

        #[test]
        fn a_cut_is_a_prefix_and_valid(text in any::<String>(), limit in 0_usize..64) {
            let mut out = String::new();
            let complete = !push_escaped_within(&mut out, &text, limit).cut;
            prop_assert!(out.len() <= limit);
            let parsed: String = serde_json::from_str(&format!("\"{out}\"")).unwrap();
            prop_assert!(text.starts_with(&parsed));
            prop_assert_eq!(complete, parsed.len() == text.len());
        }
    }
}
