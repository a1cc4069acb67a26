use std::fmt::Write as _;

use crate::document::node::Node;

impl Node {
    /// JSON with an indent of two spaces and a newline at the end. Numbers that are not finite are `null`.
    ///
    /// Source: RFC 8259: <https://www.rfc-editor.org/rfc/rfc8259>
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(0, &mut out);
        out.push('\n');
        out
    }

    fn write_json(&self, depth: usize, out: &mut String) {
        match self {
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) if !number.is_finite() => out.push_str("null"),
            // Writing to a String does not fail.
            Self::Number(number) => {
                let _ = write!(out, "{number}");
            }
            Self::Text(text) => string(text, out),
            Self::List(values) if values.is_empty() => out.push_str("[]"),
            Self::List(values) => {
                for (at, value) in values.iter().enumerate() {
                    out.push(if at == 0 { '[' } else { ',' });
                    line(depth + 1, out);
                    value.write_json(depth + 1, out);
                }
                line(depth, out);
                out.push(']');
            }
            Self::Map(entries) if entries.is_empty() => out.push_str("{}"),
            Self::Map(entries) => {
                for (at, (key, value)) in entries.iter().enumerate() {
                    out.push(if at == 0 { '{' } else { ',' });
                    line(depth + 1, out);
                    string(key, out);
                    out.push_str(": ");
                    value.write_json(depth + 1, out);
                }
                line(depth, out);
                out.push('}');
            }
        }
    }
}

fn line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Appends a string with its quotes. It is one of JSON and one of YAML.
pub(crate) fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Beside the controls that JSON asks for, those that YAML takes for line breaks or refuses.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use crate::document::{Node, list, map};

    #[test]
    fn json_is_what_a_parser_reads_back() {
        let node = map([
            ("text", "a \"b\"\n\\\u{1}\u{85}\u{2028}".into()),
            ("numbers", list([0.0, 0.001, 1e21, f64::NAN])),
            ("empty", map::<&str>([])),
            ("none", list::<Node>([])),
            ("yes", true.into()),
        ]);
        let read: serde_json::Value = serde_json::from_str(&node.to_json()).unwrap();
        let expected = serde_json::json!({
            "text": "a \"b\"\n\\\u{1}\u{85}\u{2028}", "numbers": [0, 0.001, 1e21, null], "empty": {}, "none": [], "yes": true,
        });
        // 0 is written without a fraction.
        assert_eq!(read["numbers"][0].as_f64(), Some(0.0));
        assert_eq!(read["text"], expected["text"]);
        assert_eq!(read["numbers"][1], expected["numbers"][1]);
        assert_eq!(read["numbers"][2].as_f64(), Some(1e21));
        assert_eq!(
            (&read["empty"], &read["none"], &read["yes"]),
            (&expected["empty"], &expected["none"], &expected["yes"])
        );
    }
}
