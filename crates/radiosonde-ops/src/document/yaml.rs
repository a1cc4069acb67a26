use std::fmt::Write as _;

use crate::document::json::string;
use crate::document::node::Node;

impl Node {
    /// YAML in block style. Texts of several lines or with quotes, such as queries, are literal blocks; texts that YAML might read as something else are quoted.
    ///
    /// Source: <https://yaml.org/spec/1.2.2/>
    pub(crate) fn to_yaml(&self) -> String {
        let mut out = String::new();
        match self {
            Self::Map(entries) if !entries.is_empty() => write_map(entries, 0, true, &mut out),
            Self::List(values) if !values.is_empty() => write_list(values, 0, &mut out),
            // A value that is put into a line, and has to stay in it.
            Self::Text(text) if is_block(text) => {
                string(text, &mut out);
                out.push('\n');
            }
            scalar => {
                scalar.write_scalar(0, &mut out);
                out.push('\n');
            }
        }
        out
    }

    fn write_scalar(&self, depth: usize, out: &mut String) {
        match self {
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) if number.is_nan() => out.push_str(".nan"),
            Self::Number(number) if number.is_infinite() => {
                out.push_str(if *number > 0.0 { ".inf" } else { "-.inf" })
            }
            // Writing to a String does not fail.
            Self::Number(number) => {
                let _ = write!(out, "{number}");
            }
            Self::Text(text) if is_block(text) => {
                out.push_str("|-");
                for line in text.split('\n') {
                    out.push('\n');
                    if !line.is_empty() {
                        indent(depth + 1, out);
                        out.push_str(line);
                    }
                }
            }
            Self::Text(text) if is_plain(text) => out.push_str(text),
            Self::Text(text) => string(text, out),
            Self::List(_) => out.push_str("[]"),
            Self::Map(_) => out.push_str("{}"),
        }
    }
}

/// `is_first_indented` is false for a map that begins behind the dash of a list.
fn write_map(entries: &[(String, Node)], depth: usize, is_first_indented: bool, out: &mut String) {
    for (at, (key, value)) in entries.iter().enumerate() {
        if at > 0 || is_first_indented {
            indent(depth, out);
        }
        if is_plain(key) {
            out.push_str(key)
        } else {
            string(key, out)
        }
        out.push(':');
        match value {
            Node::Map(entries) if !entries.is_empty() => {
                out.push('\n');
                write_map(entries, depth + 1, true, out);
            }
            Node::List(values) if !values.is_empty() => {
                out.push('\n');
                write_list(values, depth + 1, out);
            }
            scalar => {
                out.push(' ');
                scalar.write_scalar(depth, out);
                out.push('\n');
            }
        }
    }
}

fn write_list(values: &[Node], depth: usize, out: &mut String) {
    for value in values {
        indent(depth, out);
        match value {
            Node::Map(entries) if !entries.is_empty() => {
                out.push_str("- ");
                write_map(entries, depth + 1, false, out);
            }
            Node::List(values) if !values.is_empty() => {
                out.push_str("-\n");
                write_list(values, depth + 1, out);
            }
            scalar => {
                out.push_str("- ");
                scalar.write_scalar(depth, out);
                out.push('\n');
            }
        }
    }
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Whether a text of several lines, or with quotes, can stand as it is: no control characters, no space at the beginning, nothing at the end that would be cut off.
fn is_block(text: &str) -> bool {
    let is_shown =
        |c: char| c == '\n' || (!c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'));
    text.contains(['\n', '"'])
        && text.chars().all(is_shown)
        && !text.starts_with([' ', '\n'])
        && !text.ends_with([' ', '\n'])
}

/// Whether a text is the same text without quotes in every version of YAML.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "_-./ ()[]=~+*%<>".contains(c);
    is_duration(text)
        || text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(is_safe)
            && !text.ends_with(' ')
            && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// `5m`, which is no number in any version.
fn is_duration(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && matches!(unit, "ms" | "s" | "m" | "h" | "d" | "w")
}

#[cfg(test)]
mod tests {
    use crate::document::{Node, list, map};

    #[test]
    fn texts_are_quoted_where_yaml_would_read_something_else() {
        let texts = [
            "a b", "yes", "5m", "5", "-", "a: b", "a #b", "#", "", " a", "a ", "{a}", "é", "a\u{85}b", "NaN",
            "a'b",
        ];
        let expected = "\
- a b
- \"yes\"
- 5m
- \"5\"
- \"-\"
- \"a: b\"
- \"a #b\"
- \"#\"
- \"\"
- \" a\"
- \"a \"
- \"{a}\"
- \"é\"
- \"a\\u0085b\"
- \"NaN\"
- \"a'b\"
";
        assert_eq!(list(texts).to_yaml(), expected);
    }

    #[test]
    fn queries_are_blocks_and_maps_and_lists_are_indented() {
        let query = "a{b=\"c\"}\n\nor d";
        let rule = map([("expr", query.into()), ("labels", map::<&str>([])), ("for", list([1.5, -2.0]))]);
        let node = map([("rules", list([rule, "\"x\" ".into(), Node::from(true)]))]);
        let expected = "\
rules:
  - expr: |-
      a{b=\"c\"}

      or d
    labels: {}
    for:
      - 1.5
      - -2
  - \"\\\"x\\\" \"
  - true
";
        assert_eq!(node.to_yaml(), expected);
    }
}
