use std::borrow::Cow;
use std::slice;

use crate::planning::keys::Key;
use crate::rendering::escape::unescape;
use crate::rendering::fields::{Entry, Fields};
use crate::schemas::schema::Schema;
use crate::schemas::slot::Slot;

/// The fields of a [`Line`](crate::Line) except its message, each with its name and value.
///
/// They are those of the event, of the spans around it and of the layer, with the precedence that the line itself has.
///
/// Names are those of the program, and of `method` and `http.request.method` the former, whatever the line's
/// [`Profile`](crate::Profile). With [`Profile::Ecs`](crate::Profile::Ecs) though, names of other fields have `_` for dots,
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
        let message = Key::of_slot(Slot::MESSAGE);
        let entry = self.entries.by_ref().find(|entry| entry.key != message)?;
        let name = schema.slot_name(entry.key.index()).map(Cow::Borrowed);
        Some((name.unwrap_or_else(|| unescape(fields.key(entry))), AttributeValue(fields.value(entry))))
    }
}

/// The value of a field of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeValue<'a>(&'a str);

impl<'a> AttributeValue<'a> {
    /// The value as JSON: a string, a number, a boolean or, for an error, an object.
    #[must_use]
    pub const fn json(self) -> &'a str {
        self.0
    }

    /// A string without quotes and escapes; other values as JSON.
    #[must_use]
    pub fn text(self) -> Cow<'a, str> {
        match self.0.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
            Some(contents) => unescape(contents),
            None => self.0.into(),
        }
    }
}
