use std::fmt;

use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Record};
use tracing_core::{Level, LevelFilter};

use crate::filtering::directive;

/// The field of a span that asks for a level within it.
///
/// Not `radiosonde.level`, which is the level of an event.
const FIELD: &str = "radiosonde.log";

/// In the extensions of a span: up to which level it asks for events within it, by filter, as a subscriber may have several.
#[derive(Debug, Default)]
pub(crate) struct LevelOverrides(Vec<(u64, Option<Level>)>);

impl LevelOverrides {
    pub(crate) fn get(&self, filter: u64) -> Option<Level> {
        self.0.iter().find(|(number, _)| *number == filter).and_then(|(_, level)| *level)
    }

    /// Gives what was there before.
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

/// What the value of the field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Level(Level),
    /// No level.
    Invalid,
}

/// What a new span asks for.
pub(crate) fn asked_by_span(attributes: &Attributes<'_>) -> Option<Asked> {
    // Of nearly all spans the names alone say that they ask for nothing.
    attributes.metadata().fields().field(FIELD)?;
    let mut reader = Reader(None);
    attributes.record(&mut reader);
    reader.0
}

/// What values that are recorded later ask for.
pub(crate) fn asked_by_record(values: &Record<'_>) -> Option<Asked> {
    let mut reader = Reader(None);
    values.record(&mut reader);
    reader.0
}

struct Reader(Option<Asked>);

impl Visit for Reader {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == FIELD {
            let level = directive::level(value.trim()).and_then(LevelFilter::into_level);
            self.0 = Some(level.map_or(Asked::Invalid, Asked::Level));
        }
    }

    fn record_debug(&mut self, field: &Field, _: &dyn fmt::Debug) {
        if field.name() == FIELD {
            self.0 = Some(Asked::Invalid);
        }
    }
}
