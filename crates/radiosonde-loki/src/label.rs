use std::fmt::{self, Write as _};

use bytes::Bytes;
use radiosonde_core::{Level, LevelNames, Resource};

/// Loki refuses longer values.
const MAX_VALUE_BYTES: usize = 2048;

/// Loki allows 15 labels. Each label multiplies the streams, so only a few are accepted.
const MAX_EXTRA: usize = 5;

/// Labels that are set from the resource and the line.
const OURS: [&str; 3] = ["env", "level", "service_name"];

/// Names whose values differ between lines. As labels they would create a stream per line; they are sent as structured metadata.
const IDS: [&str; 5] = ["correlation_id", "request_id", "span_id", "trace_id", "user_id"];

/// The encoded label sets of a service's streams, one for each level.
#[derive(Debug, Clone)]
pub(crate) struct StreamLabels {
    by_level: [Bytes; Level::ALL.len()],
}

impl StreamLabels {
    pub(crate) fn new(
        resource: &Resource,
        names: LevelNames,
        extra: &[(String, String)],
    ) -> Result<Self, InvalidLabel> {
        let mut labels = vec![("service_name", resource.service_name())];
        // Without an environment there is no label, instead of a placeholder value.
        labels.extend(resource.environment().filter(|env| !env.is_empty()).map(|env| ("env", env)));
        for (name, value) in extra {
            check_name(name).map_err(|kind| InvalidLabel::new(name, value, kind))?;
            if labels.iter().any(|(known, _)| known == name) {
                return Err(InvalidLabel::new(name, value, InvalidLabelKind::Duplicate));
            }
            labels.push((name, value));
        }
        if let Some((name, value)) = extra.get(MAX_EXTRA) {
            return Err(InvalidLabel::new(name, value, InvalidLabelKind::TooMany));
        }
        for &(name, value) in &labels {
            if value.is_empty() || value.len() > MAX_VALUE_BYTES {
                return Err(InvalidLabel::new(name, value, InvalidLabelKind::Value));
            }
        }
        let by_level = Level::ALL.map(|level| {
            let mut of_level = labels.clone();
            of_level.push(("level", level.name(names)));
            of_level.sort_unstable();
            Bytes::from(render(of_level.into_iter()))
        });
        Ok(Self { by_level })
    }

    pub(crate) fn of(&self, level: Level) -> Bytes {
        self.by_level[level as usize].clone()
    }
}

/// The labels as a selector.
pub(crate) fn render<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::from("{");
    for (at, (name, value)) in labels.enumerate() {
        out.push_str(if at == 0 { "" } else { ", " });
        out.push_str(name);
        out.push('=');
        quote(value, &mut out);
    }
    out.push('}');
    out
}

/// Quotes like Go's `%q`, which Loki unquotes. Non-ASCII characters that `%q` would escape as unprintable stay as they are and
/// unquote to the same text.
fn quote(value: &str, out: &mut String) {
    out.push('"');
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            // Writing to a string does not fail.
            control if control.is_ascii_control() => drop(write!(out, "\\x{:02x}", u32::from(control))),
            control if control.is_control() => drop(write!(out, "\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

fn check_name(name: &str) -> Result<(), InvalidLabelKind> {
    let starts = name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
    if !starts
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        || name.starts_with("__")
    {
        return Err(InvalidLabelKind::Name);
    }
    if IDS.contains(&name) {
        return Err(InvalidLabelKind::Id);
    }
    if OURS.contains(&name) { Err(InvalidLabelKind::Duplicate) } else { Ok(()) }
}

/// A stream label that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidLabel {
    name: Box<str>,
    value: Box<str>,
    kind: InvalidLabelKind,
}

/// Why a stream label is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidLabelKind {
    /// A name outside `[a-zA-Z_][a-zA-Z0-9_]*`, or one that starts with two underscores, which are reserved.
    Name,
    /// A name whose values differ between lines.
    Id,
    /// A name that is already set.
    Duplicate,
    /// An empty value, or one of more than 2048 bytes.
    Value,
    /// More than five extra labels.
    TooMany,
}

impl InvalidLabel {
    fn new(name: &str, value: &str, kind: InvalidLabelKind) -> Self {
        Self { name: name.into(), value: value.into(), kind }
    }

    /// The label's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why it was refused.
    #[must_use]
    pub const fn kind(&self) -> InvalidLabelKind {
        self.kind
    }
}

impl fmt::Display for InvalidLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, kind } = self;
        match kind {
            InvalidLabelKind::Name => {
                write!(
                    f,
                    "invalid label name {name:?}: expected [a-zA-Z_][a-zA-Z0-9_]* without a leading `__`"
                )
            }
            InvalidLabelKind::Id => {
                write!(
                    f,
                    "invalid label {name:?}: expected no id, which would create a stream per line and is sent as structured metadata"
                )
            }
            InvalidLabelKind::Duplicate => write!(
                f,
                "label {name:?} is already set: expected a name that is new and none of {}",
                OURS.join(", ")
            ),
            InvalidLabelKind::Value => write!(
                f,
                "invalid value of label {name:?} of {} bytes: expected 1 to {MAX_VALUE_BYTES}",
                value.len()
            ),
            InvalidLabelKind::TooMany => {
                write!(
                    f,
                    "label {name:?} is one too many: expected at most {MAX_EXTRA} besides {}",
                    OURS.join(", ")
                )
            }
        }
    }
}

impl std::error::Error for InvalidLabel {}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(extra: &[(&str, &str)]) -> Result<StreamLabels, InvalidLabel> {
        let extra: Vec<_> =
            extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let resource = Resource::builder().service_name("or\"ders\\").environment("prod").build();
        StreamLabels::new(&resource, LevelNames::WarnFatal, &extra)
    }

    #[test]
    fn labels_are_sorted_quoted_and_the_level_is_the_lines() {
        let made = labels(&[("team", "a\nb\u{1}\u{85}ü")]).unwrap();
        assert_eq!(
            made.of(Level::Error),
            "{env=\"prod\", level=\"ERROR\", service_name=\"or\\\"ders\\\\\", team=\"a\\nb\\x01\\u0085ü\"}"
        );
        assert!(made.of(Level::Fatal).starts_with(b"{env=\"prod\", level=\"FATAL\""));
        let other = StreamLabels::new(&Resource::new("x"), LevelNames::WarningCritical, &[]).unwrap();
        assert_eq!(other.of(Level::Warn), "{level=\"WARNING\", service_name=\"x\"}");
    }

    #[test]
    fn labels_that_would_multiply_streams_are_refused() {
        let long = "v".repeat(2049);
        let cases = [
            (vec![("", "v")], InvalidLabelKind::Name),
            (vec![("1a", "v")], InvalidLabelKind::Name),
            (vec![("a-b", "v")], InvalidLabelKind::Name),
            (vec![("__a", "v")], InvalidLabelKind::Name),
            (vec![("trace_id", "v")], InvalidLabelKind::Id),
            (vec![("level", "v")], InvalidLabelKind::Duplicate),
            (vec![("a", "v"), ("a", "w")], InvalidLabelKind::Duplicate),
            (vec![("a", "")], InvalidLabelKind::Value),
            (vec![("a", &*long)], InvalidLabelKind::Value),
            (
                vec![("a", "v"), ("b", "v"), ("c", "v"), ("d", "v"), ("e", "v"), ("f", "v")],
                InvalidLabelKind::TooMany,
            ),
        ];
        for (extra, kind) in cases {
            assert_eq!(labels(&extra).map_err(|error| error.kind()).map(drop), Err(kind), "{extra:?}");
        }
    }
}
