/// A piece of a JSON string's contents, as they are written by this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoken<'a> {
    /// Characters that stand for themselves.
    Text(&'a str),
    LineFeed,
    CarriageReturn,
    Tab,
    Quote,
    /// Any other escape.
    Escape(&'a str),
}

impl<'a> Spoken<'a> {
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
}

/// Where the first line of a text ends.
pub(crate) fn first_line(contents: &str) -> usize {
    let (mut at, mut end) = (0, 0);
    for piece in Spoken::of(contents) {
        match piece {
            Spoken::LineFeed => return end,
            Spoken::Text(text) | Spoken::Escape(text) => at += text.len(),
            Spoken::CarriageReturn | Spoken::Tab | Spoken::Quote => at += 2,
        }
        // A return before the line feed is not of the line.
        if piece != Spoken::CarriageReturn {
            end = at;
        }
    }
    contents.len()
}

/// Appends a text as it was said, each further line of it after `follows`. Every other control character stays escaped, and so
/// does a backslash, which tells an escape from one that was said.
pub(crate) fn push_spoken(out: &mut String, contents: &str, follows: &str) {
    let mut pieces = Spoken::of(contents).peekable();
    // Those at the end make no line.
    let mut line_feeds = 0;
    while let Some(piece) = pieces.next() {
        if piece == Spoken::LineFeed {
            line_feeds += 1;
            continue;
        }
        if piece == Spoken::CarriageReturn && pieces.peek() == Some(&Spoken::LineFeed) {
            continue;
        }
        for _ in 0..std::mem::take(&mut line_feeds) {
            out.push('\n');
            out.push_str(follows);
        }
        match piece {
            Spoken::Text(text) | Spoken::Escape(text) => out.push_str(text),
            Spoken::Tab => out.push_str("    "),
            Spoken::Quote => out.push('"'),
            Spoken::CarriageReturn => out.push_str("\\r"),
            Spoken::LineFeed => {}
        }
    }
}

/// The contents of each string in JSON that this crate wrote, keys included.
pub(crate) fn strings(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        let contents = &rest[rest.find('"')? + 1..];
        let mut end = 0;
        for piece in contents.split_inclusive('"') {
            end += piece.len();
            let before = piece.strip_suffix('"')?;
            // A quote after an odd number of backslashes is said, and not the end.
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
    use crate::rendering::escape::push_escaped;

    fn spoken(contents: &str) -> String {
        let mut out = String::new();
        push_spoken(&mut out, contents, "> ");
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
            assert_eq!(spoken(contents), expected, "{contents}");
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
    }

    proptest! {
        #[test]
        fn no_text_begins_a_line_at_the_margin_or_controls_a_terminal(text in any::<String>()) {
            let mut contents = String::new();
            push_escaped(&mut contents, &text);
            let shown = spoken(&contents);
            prop_assert!(shown.split('\n').skip(1).all(|line| line.starts_with("> ")));
            prop_assert!(!shown.chars().any(|character| character != '\n' && character.is_control()));
            let quoted = format!("[\"{contents}\",\"{contents}\"]");
            prop_assert_eq!(strings(&quoted).collect::<Vec<_>>(), [contents.as_str(), contents.as_str()]);
        }
    }
}
