//! Remembers unsigned fields of spans, which the OpenTelemetry layer for `tracing` passes on as text, and restores their
//! type when the span ends.

use std::cell::Cell;
use std::fmt::Debug;

use tracing::field::{Field, Visit};

use crate::spans::attribute::{Attribute, AttributeValue};

/// The unsigned fields of one span that fit into a trace store's number.
#[derive(Debug, Default)]
pub(crate) struct UnsignedFields {
    fields: Vec<(&'static str, i64)>,
    has_formatted: bool,
}

thread_local! {
    // Set while a span is being closed: the SDK then calls the processor on the same thread.
    static CLOSING: Cell<UnsignedFields> = const { Cell::new(UnsignedFields { fields: Vec::new(), has_formatted: false }) };
}

impl UnsignedFields {
    pub(crate) const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Whether other fields have values of the user's types, whose formatting runs the user's code.
    pub(crate) const fn are_beside_formatted(&self) -> bool {
        self.has_formatted
    }

    /// Adds fields that were recorded later.
    pub(crate) fn update(&mut self, later: Self) {
        for (key, value) in later.fields {
            match self.fields.iter_mut().find(|(known, _)| *known == key) {
                Some(known) => known.1 = value,
                None => self.fields.push((key, value)),
            }
        }
    }

    /// Runs the end of the span to which these fields belong.
    pub(crate) fn while_closing<R>(self, end: impl FnOnce() -> R) -> R {
        if self.fields.is_empty() {
            return end();
        }
        // Fails while the thread exits, when the value is gone; the fields then stay text.
        let _ = CLOSING.try_with(|closing| closing.set(self));
        let result = end();
        // Fields that were not taken, as for a span that is not sampled, must not apply to the next span.
        drop(Self::of_closing());
        result
    }

    /// The fields of the span that is being closed on this thread.
    pub(crate) fn of_closing() -> Self {
        CLOSING.try_with(Cell::take).unwrap_or_default()
    }

    /// Turns the texts of these fields back into numbers. A value that was since set by other means is kept.
    pub(crate) fn retype(&self, attributes: &mut [Attribute]) {
        for (key, value) in &self.fields {
            let Some(attribute) = attributes.iter_mut().find(|attribute| attribute.key == *key) else {
                continue;
            };
            if matches!(&attribute.value, AttributeValue::String(text) if *text == value.to_string()) {
                attribute.value = AttributeValue::I64(*value);
            }
        }
    }
}

impl Visit for UnsignedFields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if let Ok(value) = i64::try_from(value) {
            self.fields.push((field.name(), value));
        }
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        if let Ok(value) = i64::try_from(value) {
            self.fields.push((field.name(), value));
        }
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        if let Ok(value) = i64::try_from(value) {
            self.fields.push((field.name(), value));
        }
    }

    fn record_i64(&mut self, _field: &Field, _value: i64) {}

    fn record_f64(&mut self, _field: &Field, _value: f64) {}

    fn record_bool(&mut self, _field: &Field, _value: bool) {}

    fn record_str(&mut self, _field: &Field, _value: &str) {}

    fn record_debug(&mut self, _field: &Field, _value: &dyn Debug) {
        self.has_formatted = true;
    }
}
