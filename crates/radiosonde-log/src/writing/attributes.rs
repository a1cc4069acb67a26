use std::borrow::Cow;
use std::slice;

use crate::planning::keys::Key;
use crate::rendering::escape::unescape;
use crate::rendering::fields::{Entry, Fields};
use crate::schemas::slot::Slot;

/// The fields of a [`Line`](crate::Line) but its message, each as its name and its value in JSON.
///
/// They are those of the event, of the spans around it and of the layer, with the precedence that the line itself has. A value
/// is a JSON string, number, boolean or, for an error, object; it is lent as it stands in the line.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    fields: Option<&'a Fields>,
    entries: slice::Iter<'a, Entry>,
}

impl<'a> Attributes<'a> {
    pub(crate) fn of(fields: Option<&'a Fields>) -> Self {
        Self { fields, entries: fields.map(Fields::entries).unwrap_or_default().iter() }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (Cow<'a, str>, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let fields = self.fields?;
        let message = Key::of_slot(Slot::MESSAGE);
        let entry = self.entries.by_ref().find(|entry| entry.key != message)?;
        Some((unescape(fields.key(entry)), fields.value(entry)))
    }
}
