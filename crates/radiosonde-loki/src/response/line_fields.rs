use std::fmt;

use radiosonde_core::{Level, SpanId, TraceId};
use serde_json::{Map, Value};

/// The fields of a line; from [`LogEntry::fields`](crate::LogEntry::fields).
///
/// # Shape
/// Lines as `radiosonde-log` writes them by default: reserved keys at the top, everything else under `metadata` or `context`.
/// A key that is missing or has an unexpected type is `None`; [`get`](Self::get) returns any value.
///
/// ```
/// use radiosonde_core::Level;
/// use radiosonde_loki::LineFields;
///
/// let line = r#"{"level":"ERROR","service":"orders","message":"card declined","status":402,"metadata":{"sku":"b-2"}}"#;
/// let fields = LineFields::parse(line)?;
/// assert_eq!((fields.level(), fields.message()), (Some(Level::Error), Some("card declined")));
/// assert_eq!((fields.status(), fields.duration_ms()), (Some(402), None));
/// assert_eq!(fields.metadata("sku").and_then(|sku| sku.as_str()), Some("b-2"));
/// assert_eq!(LineFields::parse("panic: oh no").unwrap_err().to_string(), "the line is not a JSON object");
/// # Ok::<(), radiosonde_loki::InvalidLine>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LineFields {
    object: Map<String, Value>,
}

impl LineFields {
    /// Parses a line.
    ///
    /// # Errors
    /// [`InvalidLine`] if it is not a JSON object.
    pub fn parse(line: &str) -> Result<Self, InvalidLine> {
        serde_json::from_str(line).map(|object| Self { object }).map_err(|cause| InvalidLine { cause })
    }

    /// The `timestamp`, as in RFC 3339. The entry's own time is more precise.
    #[must_use]
    pub fn timestamp(&self) -> Option<&str> {
        self.text("timestamp")
    }

    /// The `level`.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        self.text("level")?.parse().ok()
    }

    /// The `message`.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.text("message")
    }

    /// The `service`.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.text("service")
    }

    /// The `module`.
    #[must_use]
    pub fn module(&self) -> Option<&str> {
        self.text("module")
    }

    /// The `trace_id`.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        TraceId::from_hex(self.text("trace_id")?).ok()
    }

    /// The `span_id`.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        SpanId::from_hex(self.text("span_id")?).ok()
    }

    /// The `correlation_id`, which work keeps across services.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.text("correlation_id")
    }

    /// The `request_id`.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.text("request_id")
    }

    /// The `user_id`.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.text("user_id")
    }

    /// The `method` of the request.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.text("method")
    }

    /// The `path` of the request.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.text("path")
    }

    /// The `status` of the response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.get("status")?.as_u64()?.try_into().ok()
    }

    /// The `duration_ms`, in milliseconds.
    #[must_use]
    pub fn duration_ms(&self) -> Option<f64> {
        self.get("duration_ms")?.as_f64()
    }

    /// A custom field, under `metadata` or `context`.
    #[must_use]
    pub fn metadata(&self, name: &str) -> Option<&Value> {
        self.custom_fields().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// All custom fields: those under `metadata`, then those under `context`, each by name.
    pub fn custom_fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        ["metadata", "context"].into_iter().filter_map(|key| self.get(key)?.as_object()).flat_map(pairs)
    }

    /// Any key at the top of the line.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.object.get(key)
    }

    /// Everything at the top of the line, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        pairs(&self.object)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }
}

fn pairs(object: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    object.iter().map(|(name, value)| (name.as_str(), value))
}

/// A line that is not a JSON object.
#[derive(Debug)]
pub struct InvalidLine {
    cause: serde_json::Error,
}

impl fmt::Display for InvalidLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the line is not a JSON object")
    }
}

impl std::error::Error for InvalidLine {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_another_type_are_none_and_still_accessible() {
        let line =
            r#"{"level":7,"status":70000,"duration_ms":"1","trace_id":"x","context":{"a":1},"metadata":[]}"#;
        let fields = LineFields::parse(line).unwrap();
        assert_eq!((fields.level(), fields.status(), fields.duration_ms()), (None, None, None));
        assert_eq!((fields.trace_id(), fields.span_id()), (None, None));
        assert_eq!(fields.get("level"), Some(&Value::from(7)));
        assert_eq!(fields.custom_fields().collect::<Vec<_>>(), [("a", &Value::from(1))]);
        assert_eq!(fields.iter().count(), 6);
    }

    #[test]
    fn a_line_that_is_not_an_object_is_refused() {
        for line in ["", "[]", "7", "{\"a\":1} x", "{"] {
            assert!(LineFields::parse(line).is_err(), "{line}");
        }
    }
}
