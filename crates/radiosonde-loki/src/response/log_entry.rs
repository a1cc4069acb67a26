use std::time::{Duration, SystemTime};

use radiosonde_core::{Level, TraceId};

use crate::response::labels::Labels;
use crate::response::line_fields::{InvalidLine, LineFields};

/// A line stored by Loki.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LogEntry {
    /// The time in nanoseconds since 1970.
    pub unix_nanos: i64,
    /// The line as it was sent.
    pub line: Box<str>,
    /// The labels of its stream.
    pub labels: Labels,
    /// The structured metadata, such as `trace_id`. Loki adds `detected_level`.
    pub structured_metadata: Labels,
    /// The fields that parsers of the expression, such as `| json`, extracted from the line.
    pub parsed: Labels,
}

impl LogEntry {
    /// The time, as precise as the system's type: to the nanosecond on Unix.
    #[must_use]
    pub fn timestamp(&self) -> SystemTime {
        let away = Duration::from_nanos(self.unix_nanos.unsigned_abs());
        let at = if self.unix_nanos < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(away)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(away)
        };
        // Every supported system covers 292 years before and after 1970.
        at.unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// The fields of a line written by `radiosonde-log`. Parses the line on each call.
    ///
    /// # Errors
    /// [`InvalidLine`] if the line is not a JSON object.
    pub fn fields(&self) -> Result<LineFields, InvalidLine> {
        LineFields::parse(&self.line)
    }

    /// The level: the stream's label `level`, or else the one that Loki detected.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        let label = self.labels.get("level").and_then(|level| level.parse().ok());
        label.or_else(|| self.structured_metadata.get("detected_level")?.parse().ok())
    }

    /// The `trace_id` of its structured metadata.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        TraceId::from_hex(self.structured_metadata.get("trace_id")?).ok()
    }
}
