use std::borrow::Cow;
use std::slice;

use crate::escaping::escape::between_quotes;
use crate::escaping::escaped_text::{error_causes, error_message, unescape};
use crate::rendering::fields::{Entry, Fields};
use crate::rendering::json_kind::{JsonKind, ValueKind};
use crate::schemas::keys::Key;
use crate::schemas::reserved_key::ReservedKey;
use crate::schemas::schema::Schema;

/// The fields of a [`Line`](crate::Line) except its message, with names and values.
///
/// They are those of the event, of the enclosing spans and of the layer, with the same precedence as in the line.
///
/// Names are those of the program whatever the line's [`Profile`](crate::Profile), and `method` for both `method` and
/// `http.request.method`. With [`Profile::Ecs`](crate::Profile::Ecs), however, names of other fields have `_` for dots,
/// their values are strings, and `duration_ms` is `event.duration` in nanoseconds.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    fields: Option<(&'a Fields, &'a Schema)>,
    entries: slice::Iter<'a, Entry>,
}

impl<'a> Attributes<'a> {
    pub(crate) fn of(fields: Option<(&'a Fields, &'a Schema)>) -> Self {
        let entries = fields.map(|(fields, _)| fields.entries()).unwrap_or_default();
        Self { fields, entries: entries.iter() }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (Cow<'a, str>, AttributeValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (fields, schema) = self.fields?;
        let message = Key::of_reserved(ReservedKey::MESSAGE);
        let entry = self.entries.by_ref().find(|entry| entry.key != message)?;
        let name = schema.reserved_name(entry.key.index()).map(Cow::Borrowed);
        Some((
            name.unwrap_or_else(|| unescape(fields.key(entry))),
            AttributeValue { json: fields.value(entry), kind: entry.kind },
        ))
    }
}

/// The value of a field of a [`Line`](crate::Line).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeValue<'a> {
    json: &'a str,
    kind: JsonKind,
}

impl<'a> AttributeValue<'a> {
    /// The type.
    #[must_use]
    pub const fn kind(self) -> ValueKind {
        self.kind.public()
    }

    /// The value as JSON, as in the line.
    #[must_use]
    pub const fn json(self) -> &'a str {
        self.json
    }

    /// A string without quotes and escapes, or the JSON of another value.
    #[must_use]
    pub fn text(self) -> Cow<'a, str> {
        match self.kind {
            JsonKind::Escaped => unescape(between_quotes(self.json)),
            JsonKind::Plain => between_quotes(self.json).into(),
            _ => self.json.into(),
        }
    }

    /// The parts of an error; `None` for any other value.
    #[must_use]
    pub fn error(self) -> Option<ErrorValue<'a>> {
        let (json, is_chain) = (self.json, self.kind == JsonKind::ErrorChain);
        self.kind.is_error().then_some(ErrorValue { json, is_chain })
    }
}

/// An error as a field's value: its message and its causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorValue<'a> {
    json: &'a str,
    is_chain: bool,
}

impl<'a> ErrorValue<'a> {
    /// The message of the error itself.
    #[must_use]
    pub fn message(self) -> Cow<'a, str> {
        unescape(error_message(self.json))
    }

    /// The key of the causes in the line, such as `chain`, and each cause; one text for profiles that join all causes.
    /// `None` if the line has no such key.
    #[must_use]
    pub fn causes(self) -> Option<(&'a str, impl Iterator<Item = Cow<'a, str>>)> {
        error_causes(self.json).map(|(key, causes)| (key, causes.map(unescape)))
    }

    /// Whether the causes are a list, which may be empty.
    #[must_use]
    pub const fn is_chain(self) -> bool {
        self.is_chain
    }
}
