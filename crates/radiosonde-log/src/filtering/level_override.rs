use std::fmt;

use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Record};
use tracing_core::{Level, LevelFilter};

use crate::filtering::directive;

/// The field of a span that sets a level override.
///
/// Not `radiosonde.level`, which is the level of an event.
const FIELD: &str = "radiosonde.log";

/// The level overrides in a span's extensions, by filter, since a subscriber may have several.
#[derive(Debug, Default)]
pub(crate) struct LevelOverrides(Vec<(u64, Option<Level>)>);

impl LevelOverrides {
    pub(crate) fn get(&self, filter: u64) -> Option<Level> {
        self.0.iter().find(|(number, _)| *number == filter).and_then(|(_, level)| *level)
    }

    /// Sets the override and returns the former one.
    pub(crate) fn replace(&mut self, filter: u64, level: Option<Level>) -> Option<Level> {
        match self.0.iter_mut().find(|(number, _)| *number == filter) {
            Some((_, there)) => std::mem::replace(there, level),
            None => {
                self.0.push((filter, level));
                None
            }
        }
    }
}

/// The value of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LevelRequest {
    Level(Level),
    /// Not a level.
    Invalid,
}

/// The override in a new span's fields.
pub(crate) fn requested_by_span(attributes: &Attributes<'_>) -> Option<LevelRequest> {
    // For nearly all spans the field names alone rule out an override.
    attributes.metadata().fields().field(FIELD)?;
    let mut reader = Reader(None);
    attributes.record(&mut reader);
    reader.0
}

/// The override in values that are recorded later.
pub(crate) fn requested_by_record(values: &Record<'_>) -> Option<LevelRequest> {
    let mut reader = Reader(None);
    values.record(&mut reader);
    reader.0
}

struct Reader(Option<LevelRequest>);

impl Visit for Reader {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == FIELD {
            let level = directive::level(value.trim()).and_then(LevelFilter::into_level);
            self.0 = Some(level.map_or(LevelRequest::Invalid, LevelRequest::Level));
        }
    }

    fn record_debug(&mut self, field: &Field, _: &dyn fmt::Debug) {
        if field.name() == FIELD {
            self.0 = Some(LevelRequest::Invalid);
        }
    }
}
