use std::borrow::Cow;

/// A token of the contents of a JSON string that this crate wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Characters without an escape.
    Text(&'a str),
    LineFeed,
    CarriageReturn,
    Tab,
    Quote,
    /// Any other escape.
    Escape(&'a str),
}

impl<'a> Token<'a> {
    pub(crate) fn of(contents: &'a str) -> impl Iterator<Item = Self> + Clone {
        let mut rest = contents;
        std::iter::from_fn(move || {
            let end = match rest.find('\\') {
                Some(0) if rest.starts_with("\\u") => 6,
                Some(0) => 2,
                Some(next) => next,
                None if rest.is_empty() => return None,
                None => rest.len(),
            };
            let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            rest = after;
            Some(match piece {
                "\\n" => Self::LineFeed,
                "\\r" => Self::CarriageReturn,
                "\\t" => Self::Tab,
                "\\\"" => Self::Quote,
                escape if escape.starts_with('\\') => Self::Escape(escape),
                text => Self::Text(text),
            })
        })
    }

    const fn len(self) -> usize {
        match self {
            Self::Text(text) | Self::Escape(text) => text.len(),
            Self::LineFeed | Self::CarriageReturn | Self::Tab | Self::Quote => 2,
        }
    }
}

/// Decodes the contents.
pub(crate) fn unescape(contents: &str) -> Cow<'_, str> {
    if !contents.contains('\\') {
        return contents.into();
    }
    let mut out = String::with_capacity(contents.len());
    for token in Token::of(contents) {
        match token {
            Token::Text(text) => out.push_str(text),
            Token::LineFeed => out.push('\n'),
            Token::CarriageReturn => out.push('\r'),
            Token::Tab => out.push('\t'),
            Token::Quote => out.push('"'),
            Token::Escape(escape) => out.push(escaped_char(escape)),
        }
    }
    out.into()
}

/// The character of one of the rarer escapes.
fn escaped_char(escape: &str) -> char {
    let code = escape.strip_prefix("\\u").map(|code| u32::from_str_radix(code, 16));
    match (escape, code) {
        ("\\b", _) => '\u{8}',
        ("\\f", _) => '\u{c}',
        (_, Some(code)) => code.ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER),
        (_, None) => escape.chars().next_back().unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// The longest prefix within `limit` that splits no character and no escape.
pub(crate) fn cut_at(contents: &str, limit: usize) -> usize {
    let mut at = 0;
    for token in Token::of(contents) {
        if at + token.len() > limit {
            if let Token::Text(text) = token {
                at += (0..=limit - at).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
            }
            break;
        }
        at += token.len();
    }
    at
}

/// The length of the first line of a text.
pub(crate) fn first_line(contents: &str) -> usize {
    let (mut at, mut end) = (0, 0);
    for piece in Token::of(contents) {
        if piece == Token::LineFeed {
            return end;
        }
        at += piece.len();
        // A return before the line feed does not belong to the line.
        if piece != Token::CarriageReturn {
            end = at;
        }
    }
    contents.len()
}

/// Appends a text for people, with `follows` before each further line. Other control characters stay escaped, and so does a
/// backslash, so that an escape differs from a backslash in the text.
pub(crate) fn push_readable(out: &mut String, contents: &str, follows: &str) {
    let mut pieces = Token::of(contents).peekable();
    // Line feeds at the end start no line.
    let mut line_feeds = 0;
    while let Some(piece) = pieces.next() {
        if piece == Token::LineFeed {
            line_feeds += 1;
            continue;
        }
        if piece == Token::CarriageReturn && pieces.peek() == Some(&Token::LineFeed) {
            continue;
        }
        for _ in 0..std::mem::take(&mut line_feeds) {
            out.push('\n');
            out.push_str(follows);
        }
        match piece {
            Token::Text(text) | Token::Escape(text) => out.push_str(text),
            Token::Tab => out.push_str("    "),
            Token::Quote => out.push('"'),
            Token::CarriageReturn => out.push_str("\\r"),
            Token::LineFeed => {}
        }
    }
}

/// The contents of an error's message.
pub(crate) fn error_message(json: &str) -> &str {
    strings(json).nth(1).unwrap_or_default()
}

/// The key and the contents of an error's causes.
pub(crate) fn error_causes(json: &str) -> Option<(&str, impl Iterator<Item = &str> + Clone)> {
    let mut strings = strings(json).skip(2);
    Some((strings.next()?, strings))
}

/// The contents of each string, including keys, in JSON that this crate wrote.
fn strings(json: &str) -> impl Iterator<Item = &str> + Clone {
    let mut rest = json;
    std::iter::from_fn(move || {
        let contents = &rest[rest.find('"')? + 1..];
        let mut end = 0;
        for piece in contents.split_inclusive('"') {
            end += piece.len();
            let before = piece.strip_suffix('"')?;
            // A quote after an odd number of backslashes is escaped and does not end the string.
            if (before.len() - before.trim_end_matches('\\').len()) % 2 == 0 {
                break;
            }
        }
        rest = &contents[end..];
        contents[..end].strip_suffix('"')
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::escaping::escape::push_escaped;

    fn readable(contents: &str) -> String {
        let mut out = String::new();
        push_readable(&mut out, contents, "> ");
        out
    }

    #[test]
    fn a_text_keeps_its_quotes_and_lines_and_no_other_control_character() {
        let cases = [
            (r#"say \"hi\" \u001b[31m \\ end"#, r#"say "hi" \u001b[31m \\ end"#),
            (r"a\nb\r\nc\rd\te", "a\n> b\n> c\\rd    e"),
            (r"a\n\nb\n\n", "a\n> \n> b"),
            (r"a\\nb", r"a\\nb"),
            (r"\n", ""),
            ("", ""),
        ];
        for (contents, expected) in cases {
            assert_eq!(readable(contents), expected, "{contents}");
        }
    }

    #[test]
    fn the_first_line_ends_before_its_end_of_line() {
        let cases = [
            (r"ab\ncd", 2),
            (r"ab\r\ncd", 2),
            (r"ab\\ncd", 7),
            (r#"\"\t\u001b\n"#, 10),
            ("", 0),
            (r"a\r", 3),
        ];
        for (contents, expected) in cases {
            assert_eq!(first_line(contents), expected, "{contents}");
        }
    }

    #[test]
    fn strings_end_at_their_own_quotes() {
        let json = r#"{"message":"a \"b\" \\","chain":["c","","\\\""]}"#;
        let found: Vec<_> = strings(json).collect();
        assert_eq!(found, ["message", r#"a \"b\" \\"#, "chain", "c", "", r#"\\\""#]);
        assert_eq!(strings("[]").count(), 0);
        assert_eq!(error_message(json), r#"a \"b\" \\"#);
        let (key, causes) = error_causes(json).unwrap();
        assert_eq!((key, causes.count()), ("chain", 3));
        assert!(error_causes(r#"{"message":"m"}"#).is_none());
    }

    proptest! {
        #[test]
        fn no_text_begins_a_line_at_the_margin_or_controls_a_terminal(text in any::<String>()) {
            let mut contents = String::new();
            push_escaped(&mut contents, &text);
            let shown = readable(&contents);
            prop_assert!(shown.split('\n').skip(1).all(|line| line.starts_with("> ")));
            prop_assert!(!shown.chars().any(|character| character != '\n' && character.is_control()));
            let quoted = format!("[\"{contents}\",\"{contents}\"]");
            prop_assert_eq!(strings(&quoted).collect::<Vec<_>>(), [contents.as_str(), contents.as_str()]);
        }
    }
}
