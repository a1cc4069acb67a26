use std::fmt;
use std::time::SystemTime;

use radiosonde_core::{Level, LevelNames, SpanContext};

use crate::capture::captured_value::CapturedValue;
use crate::writing::line::Line;

/// A log line of a test.
#[derive(Debug, Clone)]
pub struct CapturedLine {
    timestamp: SystemTime,
    level: Level,
    target: String,
    message: String,
    fields: Vec<(String, CapturedValue)>,
    context: Option<SpanContext>,
    json: String,
}

impl CapturedLine {
    pub(crate) fn of(line: &Line<'_>) -> Self {
        let fields = line.attributes().map(|(name, value)| (name.into_owned(), CapturedValue::of(value)));
        Self {
            timestamp: line.timestamp(),
            level: line.level(),
            target: line.target().to_owned(),
            message: line.message().to_owned(),
            fields: fields.collect(),
            context: line.context(),
            json: line.json().to_owned(),
        }
    }

    /// When the event happened.
    #[must_use]
    pub const fn timestamp(&self) -> SystemTime {
        self.timestamp
    }

    /// The level.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The event's target.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The message, not escaped.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The field with this name, of the event or of a span around it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&CapturedValue> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// All fields of the event and of the spans around it, each name once.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &CapturedValue)> {
        self.fields.iter().map(|(name, value)| (&**name, value))
    }

    /// The context of the event's span.
    #[must_use]
    pub const fn context(&self) -> Option<SpanContext> {
        self.context
    }

    /// The JSON line.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// `WARN orders::stock: almost sold out`
impl fmt::Display for CapturedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.level.name(LevelNames::default()), self.target, self.message)
    }
}
