use radiosonde_core::{Level, LevelNames, SpanContext};

use crate::escaping::escape::{boundary, push_escaped};
use crate::escaping::escaped_text::{Token, error_causes, error_message, first_line, push_readable};
use crate::rendering::fields::{Entry, Fields};
use crate::rendering::json_kind::JsonKind;
use crate::schemas::keys::Key;
use crate::schemas::reserved_key::ReservedKey;

const RESET: &str = "\x1b[0m";
const DIM: &str = "\x1b[2m";
const BOLD: &str = "\x1b[1m";
const KEY: &str = "\x1b[36m";
const FAILED: &str = "\x1b[31m";

/// Indents further lines of a value. Only the first line of an event starts at the margin, so that no value can look like an
/// event.
const BLOCK: &str = "      ";
const FOLLOWS: &str = "      | ";

/// The start of a line for people: time, level, module and message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heading<'a> {
    pub(crate) timestamp: &'a str,
    pub(crate) level: Level,
    pub(crate) names: LevelNames,
    pub(crate) module: &'a str,
}

/// Writes an event for people, part by part, with or without colours.
///
/// ```text
/// 14:03:07.123Z  INFO orders::api: order priced price=9.99 in request{request_id=r-1} > price_order{sku="a b"}
/// 14:03:07.125Z ERROR orders::api: order refused order=7 in request{request_id=r-1}
///       error: payment failed
///         caused by: card expired
/// ```
///
/// Time of day in UTC, level, target and message; the event's fields; the enclosing spans with theirs, the outermost first;
/// fields of the trace context; the trace. Errors with their causes, and values of several lines, follow below.
#[derive(Debug)]
pub(crate) struct Pretty<'a> {
    out: &'a mut String,
    colors: bool,
}

impl<'a> Pretty<'a> {
    pub(crate) fn new(out: &'a mut String, colors: bool) -> Self {
        Self { out, colors }
    }

    pub(crate) fn heading(&mut self, heading: &Heading<'_>, fields: &Fields) {
        self.styled(DIM, |out| push_escaped(out, time_of_day(heading.timestamp)));
        self.out.push(' ');
        let name = heading.level.name(heading.names);
        let width = match heading.names {
            LevelNames::WarningCritical => "CRITICAL".len(),
            _ => "ERROR".len(),
        };
        for _ in name.len()..width {
            self.out.push(' ');
        }
        self.styled(color(heading.level), |out| out.push_str(name));
        self.out.push(' ');
        self.styled(DIM, |out| {
            push_escaped(out, heading.module);
            out.push(':');
        });
        if let Some(message) = fields.reserved_key(ReservedKey::MESSAGE) {
            let message = fields.contents(message);
            self.out.push(' ');
            self.styled(BOLD, |out| push_readable(out, &message[..first_line(message)], FOLLOWS));
        }
    }

    /// Appends the event's own fields that fit into a line; they are the first `own` fields.
    pub(crate) fn fields(&mut self, fields: &Fields, own: usize) {
        for entry in own_fields(fields, own).filter(|entry| shape(fields, entry) == Shape::Inline) {
            self.out.push(' ');
            self.field(fields, entry);
        }
    }

    /// Appends an enclosing span; the outermost is passed first. Fields that the event has are not repeated.
    pub(crate) fn span(&mut self, name: &str, fields: &Fields, is_first: bool, event: (&Fields, usize)) {
        self.styled(DIM, |out| out.push_str(if is_first { " in " } else { " > " }));
        push_escaped(self.out, name);
        let mut separator = '{';
        for entry in fields.entries() {
            if says(event, entry.key, fields.value(entry)) {
                continue;
            }
            self.styled(DIM, |out| out.push(separator));
            separator = ' ';
            self.field(fields, entry);
        }
        if separator == ' ' {
            self.styled(DIM, |out| out.push('}'));
        }
    }

    /// Appends the fields of the trace context, from the first to the end.
    pub(crate) fn of_context(&mut self, fields: &Fields, (first, end): (usize, usize)) {
        for entry in fields.entries().get(first..end).unwrap_or_default() {
            self.out.push(' ');
            self.field(fields, entry);
        }
    }

    /// Appends the trace, and below it the rest of the message and the event's own fields that need separate lines.
    pub(crate) fn end(&mut self, context: Option<SpanContext>, fields: &Fields, own: usize) {
        if let Some(context) = context {
            let digits = context.trace_id().to_hex();
            self.styled(DIM, |out| {
                out.push_str(" trace_id=");
                out.push_str(std::str::from_utf8(&digits).unwrap_or_default());
            });
        }
        if let Some(message) = fields.reserved_key(ReservedKey::MESSAGE) {
            let message = fields.contents(message);
            let rest = &message[first_line(message)..];
            if !rest.is_empty() {
                self.styled(BOLD, |out| push_readable(out, rest, FOLLOWS));
            }
        }
        for entry in own_fields(fields, own) {
            match shape(fields, entry) {
                Shape::Inline => {}
                Shape::Lines => self.lines(fields, entry),
                Shape::Error => self.error(fields, entry),
            }
        }
        self.out.push('\n');
    }

    fn field(&mut self, fields: &Fields, entry: &Entry) {
        self.styled(KEY, |out| out.push_str(fields.key(entry)));
        self.styled(DIM, |out| out.push('='));
        push_value(self.out, fields, entry);
    }

    fn lines(&mut self, fields: &Fields, entry: &Entry) {
        self.below();
        self.styled(KEY, |out| out.push_str(fields.key(entry)));
        self.styled(DIM, |out| out.push(':'));
        self.out.push('\n');
        self.out.push_str(FOLLOWS);
        push_readable(self.out, fields.contents(entry), FOLLOWS);
    }

    fn error(&mut self, fields: &Fields, entry: &Entry) {
        let json = fields.value(entry);
        self.below();
        self.styled(FAILED, |out| out.push_str(fields.key(entry)));
        self.cause(error_message(json));
        for cause in error_causes(json).into_iter().flat_map(|(_, causes)| causes) {
            self.below();
            self.styled(FAILED, |out| out.push_str("  caused by"));
            self.cause(cause);
        }
    }

    fn cause(&mut self, text: &str) {
        self.styled(DIM, |out| out.push(':'));
        self.out.push(' ');
        push_readable(self.out, text, FOLLOWS);
    }

    fn below(&mut self) {
        self.out.push('\n');
        self.out.push_str(BLOCK);
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

fn says((event, own): (&Fields, usize), key: Key, value: &str) -> bool {
    own_fields(event, own).any(|entry| entry.key == key && event.value(entry) == value)
}

fn own_fields(fields: &Fields, own: usize) -> impl Iterator<Item = &Entry> {
    let message = Key::of_reserved(ReservedKey::MESSAGE);
    fields.entries().iter().take(own).filter(move |entry| entry.key != message)
}

/// The time of day, `14:03:07.123Z`, of an RFC 3339 timestamp; any other timestamp unchanged.
fn time_of_day(timestamp: &str) -> &str {
    match timestamp.split_at_checked(11) {
        Some((date, time)) if date.ends_with('T') => time,
        _ => timestamp,
    }
}

/// Truncates a line for people that is longer than `limit`; returns whether it did.
pub(crate) fn cut(line: &mut String, limit: usize, colors: bool) -> bool {
    /// The end of a truncated line, plus the longest style, no part of which may remain.
    const END: usize = 16;
    if line.len() <= limit {
        return false;
    }
    let mut end = boundary(line, limit.saturating_sub(END));
    if let Some(style) = line[..end].rfind('\x1b')
        && end - style < END
    {
        end = style;
    }
    line.truncate(end);
    line.push('…');
    if colors {
        line.push_str(RESET);
    }
    line.push('\n');
    true
}

const fn color(level: Level) -> &'static str {
    match level {
        Level::Trace => "\x1b[35m",
        Level::Debug => "\x1b[34m",
        Level::Info => "\x1b[32m",
        Level::Warn => "\x1b[33m",
        Level::Error => "\x1b[1;31m",
        Level::Fatal => "\x1b[1;37;41m",
    }
}

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Within the line.
    Inline,
    /// Below the line, since it has several lines.
    Lines,
    /// Below the line, with its causes.
    Error,
}

fn shape(fields: &Fields, entry: &Entry) -> Shape {
    match entry.kind {
        JsonKind::ErrorChain | JsonKind::ErrorText => Shape::Error,
        JsonKind::Escaped if Token::of(fields.contents(entry)).any(|token| token == Token::LineFeed) => {
            Shape::Lines
        }
        _ => Shape::Inline,
    }
}

/// Appends a string without quotes if it is unambiguous, and everything else as JSON.
fn push_value(out: &mut String, fields: &Fields, entry: &Entry) {
    let text = fields.contents(entry);
    out.push_str(if can_go_without_quotes(text) { text } else { fields.value(entry) });
}

fn can_go_without_quotes(text: &str) -> bool {
    let is_odd =
        |character: char| character.is_whitespace() || matches!(character, '"' | '\\' | '=' | '{' | '}');
    !text.is_empty() && !text.contains(is_odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_cut_ends_where_no_character_and_no_style_is_split() {
        for limit in 20..60 {
            let mut line = format!("{DIM}äöü{RESET} {BOLD}{}{RESET}\n", "ä".repeat(30));
            assert!(cut(&mut line, limit, true) && line.len() <= limit, "{limit}: {line:?}");
            assert!(line.ends_with("…\x1b[0m\n"), "{line:?}");
            let styles = line.replace(DIM, "").replace(RESET, "").replace(BOLD, "");
            assert!(!styles.contains('\x1b'), "{line:?}");
        }
        let mut short = String::from("short\n");
        assert!(!cut(&mut short, 6, false) && short == "short\n");
    }

    #[test]
    fn only_what_cannot_be_misread_goes_without_quotes() {
        assert!(["plain", "12.5"].into_iter().all(can_go_without_quotes));
        assert!(!["two words", "", "a=b", r"\u001b[31m"].into_iter().any(can_go_without_quotes));
    }

    #[test]
    fn of_a_timestamp_the_time_is_shown() {
        assert_eq!(time_of_day("2026-01-01T14:03:07.123Z"), "14:03:07.123Z");
        assert_eq!(time_of_day("1767276187"), "1767276187");
        assert_eq!(time_of_day("1767276187123456789"), "1767276187123456789");
    }
}
