use std::time::{Duration, SystemTime};

use radiosonde_core::{Level, TraceId};

use crate::response::labels::Labels;
use crate::response::line_fields::{InvalidLine, LineFields};

/// One line as Loki keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogEntry {
    pub(super) unix_nanos: i64,
    pub(super) line: Box<str>,
    pub(super) labels: Labels,
    pub(super) structured_metadata: Labels,
    pub(super) parsed: Labels,
}

impl LogEntry {
    /// When, as exact as the system's type is: to the nanosecond on Unix.
    #[must_use]
    pub fn timestamp(&self) -> SystemTime {
        let away = Duration::from_nanos(self.unix_nanos.unsigned_abs());
        let at = if self.unix_nanos < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(away)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(away)
        };
        // 292 years to either side of 1970 are within what every supported system counts.
        at.unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// When, in nanoseconds since 1970.
    #[must_use]
    pub const fn unix_nanos(&self) -> i64 {
        self.unix_nanos
    }

    /// The line as it was sent.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The line's reserved keys, for lines that `radiosonde-log` wrote. Parses the line each time.
    ///
    /// # Errors
    /// [`InvalidLine`] if the line is no JSON object.
    pub fn fields(&self) -> Result<LineFields, InvalidLine> {
        LineFields::parse(&self.line)
    }

    /// The labels of its stream.
    #[must_use]
    pub const fn labels(&self) -> &Labels {
        &self.labels
    }

    /// What was stored beside the line, such as `trace_id`. Loki adds a `detected_level` of its own.
    #[must_use]
    pub const fn structured_metadata(&self) -> &Labels {
        &self.structured_metadata
    }

    /// What the expression's parsers, such as `| json`, took out of the line.
    #[must_use]
    pub const fn parsed(&self) -> &Labels {
        &self.parsed
    }

    /// Its level, by the stream's label `level`, else by what Loki detected.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        let label = self.labels.get("level").and_then(|level| level.parse().ok());
        label.or_else(|| self.structured_metadata.get("detected_level")?.parse().ok())
    }

    /// The trace that it belongs to, by its structured metadata.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        TraceId::from_hex(self.structured_metadata.get("trace_id")?).ok()
    }
}
