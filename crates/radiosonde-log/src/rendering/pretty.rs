use radiosonde_core::{Level, LevelNames, SpanContext};

use crate::planning::keys::Key;
use crate::rendering::escape::push_escaped;
use crate::rendering::fields::{Entry, Fields};
use crate::schemas::slot::Slot;

const RESET: &str = "\x1b[0m";
const DIM: &str = "\x1b[2m";
const ITALIC: &str = "\x1b[3m";
const BOLD: &str = "\x1b[1m";

/// The start of a line for people: time, level, module and message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heading<'a> {
    pub(crate) timestamp: &'a str,
    pub(crate) level: Level,
    pub(crate) names: LevelNames,
    pub(crate) module: &'a str,
}

/// Writes a line for people, part by part, with or without colours.
///
/// ```text
/// 2026-01-01T00:00:00.000Z  INFO orders::api: order priced price=9.99 in request{request_id=r-1}:price_order{sku="a b"}
/// ```
#[derive(Debug)]
pub(crate) struct Pretty<'a> {
    out: &'a mut String,
    colors: bool,
}

impl<'a> Pretty<'a> {
    pub(crate) fn new(out: &'a mut String, colors: bool) -> Self {
        Self { out, colors }
    }

    pub(crate) fn heading(&mut self, heading: &Heading<'_>, message: Option<&str>) {
        self.styled(DIM, |out| out.push_str(heading.timestamp));
        let name = heading.level.name(heading.names);
        for _ in name.len()..=5 {
            self.out.push(' ');
        }
        self.styled(color(heading.level), |out| out.push_str(name));
        self.out.push(' ');
        self.styled(DIM, |out| {
            push_escaped(out, heading.module);
            out.push(':');
        });
        if let Some(message) = message {
            self.out.push(' ');
            self.styled(BOLD, |out| push_spoken(out, contents(message)));
        }
    }

    /// The event's own fields, which are the first of all, the message apart.
    pub(crate) fn fields(&mut self, fields: &Fields, own: usize) {
        for entry in
            fields.entries().iter().take(own).filter(|entry| entry.key != Key::of_slot(Slot::MESSAGE))
        {
            self.out.push(' ');
            self.field(fields, entry);
        }
    }

    /// A span around the event; the outermost comes first.
    pub(crate) fn span(&mut self, name: &str, fields: &Fields, is_first: bool) {
        self.out.push_str(if is_first { " in " } else { ":" });
        self.styled(BOLD, |out| push_escaped(out, name));
        if fields.is_empty() {
            return;
        }
        self.out.push('{');
        for (at, entry) in fields.entries().iter().enumerate() {
            if at > 0 {
                self.out.push(' ');
            }
            self.field(fields, entry);
        }
        self.out.push('}');
    }

    /// The trace and the end of the line.
    pub(crate) fn end(&mut self, context: Option<SpanContext>) {
        if let Some(context) = context {
            let digits = context.trace_id().to_hex();
            self.out.push(' ');
            self.styled(DIM, |out| {
                out.push_str("trace_id=");
                out.push_str(std::str::from_utf8(&digits).unwrap_or_default());
            });
        }
        self.out.push('\n');
    }

    fn field(&mut self, fields: &Fields, entry: &Entry) {
        self.styled(ITALIC, |out| out.push_str(fields.key(entry)));
        self.styled(DIM, |out| out.push('='));
        push_value(self.out, fields.value(entry));
    }

    fn styled(&mut self, style: &str, text: impl FnOnce(&mut String)) {
        if self.colors {
            self.out.push_str(style);
        }
        text(self.out);
        if self.colors {
            self.out.push_str(RESET);
        }
    }
}

const fn color(level: Level) -> &'static str {
    match level {
        Level::Trace => "\x1b[35m",
        Level::Debug => "\x1b[34m",
        Level::Info => "\x1b[32m",
        Level::Warn => "\x1b[33m",
        Level::Error => "\x1b[31m",
        Level::Fatal => "\x1b[1;31m",
    }
}

/// What is between the quotes of a JSON string.
fn contents(json: &str) -> &str {
    json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(json)
}

/// A string without quotes where that cannot be misread, and everything else as JSON.
fn push_value(out: &mut String, json: &str) {
    let text = contents(json);
    let is_plain = !text.is_empty()
        && !text.contains(|character: char| {
            character.is_whitespace() || matches!(character, '"' | '\\' | '=' | '{' | '}')
        });
    out.push_str(if is_plain { text } else { json });
}

/// A message as it was said, except that what is a control character stays escaped.
fn push_spoken(out: &mut String, contents: &str) {
    let mut rest = contents;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (escape, after) = rest[at..].split_at(2);
        out.push_str(if escape == "\\\"" { "\"" } else { escape });
        rest = after;
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_misread_goes_without_quotes() {
        let cases = [
            ("\"plain\"", "plain"),
            ("\"two words\"", "\"two words\""),
            ("\"\"", "\"\""),
            ("\"a=b\"", "\"a=b\""),
            (r#""\u001b[31m""#, r#""\u001b[31m""#),
            ("12.5", "12.5"),
        ];
        for (json, expected) in cases {
            let mut out = String::new();
            push_value(&mut out, json);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn a_message_keeps_its_quotes_and_no_control_character() {
        let mut out = String::new();
        push_spoken(&mut out, r#"say \"hi\"\n\u001b[31m \\ end"#);
        assert_eq!(out, r#"say "hi"\n\u001b[31m \\ end"#);
    }
}
