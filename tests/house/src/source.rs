//! The view of Rust source that the line-based rules use.

/// A line's code without quoted text, and its comment if that is not documentation.
///
/// Literals that span lines are treated as code; a rule that fails on one has an exception for it.
pub(crate) fn split(line: &str) -> (String, Option<&str>) {
    let mut code = String::new();
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        match (c, next) {
            ('/', Some('/')) => return (code, comment(line.get(at + 2..).unwrap_or_default())),
            // A character, not the start of a string.
            ('\'', Some('"' | '\\')) => chars.by_ref().take(2).for_each(drop),
            ('"', _) => {
                while let Some((_, c)) = chars.next() {
                    match c {
                        '\\' => drop(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            _ => code.push(c),
        }
    }
    (code, None)
}

fn comment(text: &str) -> Option<&str> {
    (!text.starts_with(['/', '!'])).then(|| text.trim())
}

/// The lines before the tests, numbered from 1.
pub(crate) fn before_tests(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().take_while(|line| !line.trim_start().starts_with("#[cfg(test)]"));
    lines.enumerate().map(|(at, line)| (at + 1, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_no_code_and_hold_no_comments() {
        let code = |line: &str| split(line).0;
        assert_eq!(code(r#"f("a // b", c) // d"#), "f(, c) ");
        assert_eq!(code(r#"f("a\"b", '"', '\'', 'x)"#), "f(, , ', 'x)");
    }

    #[test]
    fn documentation_is_no_comment() {
        for line in ["/// a", "//! a", "let url = \"http://a\";", "a"] {
            assert_eq!(split(line).1, None, "{line}");
        }
        assert_eq!(split("a(); // b").1, Some("b"));
    }

    #[test]
    fn tests_end_what_is_looked_at() {
        let lines: Vec<_> = before_tests("a\nb\n    #[cfg(test)]\nmod tests;\n").collect();
        assert_eq!(lines, [(1, "a"), (2, "b")]);
    }
}
