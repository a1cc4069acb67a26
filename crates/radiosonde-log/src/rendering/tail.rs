//! Trims a truncated value before redaction: a secret cut in half no longer matches its detector.

use crate::escaping::escape::MAX_GROWTH;

/// The largest distance from the cut at which a match may start.
const MOST: usize = 4096;

/// Drops the possible start of a truncated secret from the end of the truncated string, in a rendered JSON value that starts at `from`.
///
/// That is the text after the last white space or quote. A space after a digit may be within a card number.
///
/// `limit` is where the string was truncated, or at most a character and its escape before.
#[cold]
pub(crate) fn drop_tail(json: &mut String, from: usize, limit: usize) {
    let bytes = json.as_bytes();
    let cut = limit.saturating_sub(MAX_GROWTH);
    let mut at = from;
    // The start of the string that contains `at`.
    let mut string = None;
    // The start of its tail: after the last separator, or the first character near enough to the cut.
    let (mut separator, mut nearest) = (None, None);
    while let Some(&byte) = bytes.get(at) {
        let length = match byte {
            b'\\' if bytes.get(at + 1) == Some(&b'u') => 6,
            b'\\' => 2,
            _ => 1,
        };
        match (string, byte) {
            (None, b'"') => (string, separator, nearest) = (Some(at + 1), None, None),
            (None, _) => {}
            (Some(start), b'"') => {
                if at > cut {
                    let tail = separator.or(nearest).unwrap_or(start);
                    json.replace_range(tail..at, "");
                    return;
                }
                string = None;
            }
            (Some(_), _) if at <= cut => {
                if nearest.is_none() && at + MOST >= limit && json.is_char_boundary(at) {
                    nearest = Some(at);
                }
                let is_separator = match byte {
                    b' ' => !bytes[..at].last().is_some_and(u8::is_ascii_digit),
                    b'\\' => matches!(bytes.get(at + 1), Some(b'"' | b'n' | b'r' | b't')),
                    _ => false,
                };
                if is_separator && at + MOST >= limit {
                    separator = Some(at);
                }
            }
            _ => {}
        }
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dropped(json: &str, limit: usize) -> String {
        let mut out = format!(",\"key\":{json}");
        drop_tail(&mut out, 7, limit + 7);
        serde_json::from_str::<serde_json::Value>(&out[7..]).unwrap();
        out.split_off(7)
    }

    #[test]
    fn what_may_be_half_a_secret_goes() {
        let cases = [
            (r#""to postgres://app:hunter""#, r#""to""#),
            (r#""card 4111 1111 1111 1""#, r#""card""#),
            (r#""a\npostgres://app:hunter""#, r#""a""#),
            (r#""a=\"postgres://app:hunter""#, r#""a=""#),
            (r#""\u001bpostgres://app:hunter""#, r#""""#),
            (r#""ä postgres://ä:ääääää""#, r#""ä""#),
            (r#"{"message":"to a://app:hunter","chain":["",""]}"#, r#"{"message":"to","chain":["",""]}"#),
        ];
        for (json, expected) in cases {
            let limit = json.find("hunter").or(json.rfind('1')).or(json.rfind('ä')).unwrap_or_default() + 6;
            assert_eq!(dropped(json, limit), expected, "{json}");
        }
        let json = r#"{"message":"whole one","causes":"Caused by: a://b:hunte\nCaused by: \nCaused by: "}"#;
        let expected = r#"{"message":"whole one","causes":"Caused by:"}"#;
        assert_eq!(dropped(json, json.find("hunte").unwrap() + 5), expected);
    }

    #[test]
    fn of_a_text_without_separators_some_is_left_and_whole_strings_stay() {
        let long = "ä".repeat(10_000);
        let left = dropped(&format!("\"{long}\""), long.len() + 1);
        assert!((long.len() - MOST - 8..long.len() - MOST + 8).contains(&left.len()), "{}", left.len());
        let whole = r#"{"message":"a b","chain":["c d"]}"#;
        assert_eq!(dropped(whole, 1000), whole);
    }
}
