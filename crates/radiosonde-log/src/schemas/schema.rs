use radiosonde_core::{Level, LevelNames};

use crate::rendering::escape::push_escaped;
use crate::schemas::slot::{Destination, Kind, Origin, Slot};

/// The keys of a line and what stands between them, rendered as far as they are the same for every line.
///
/// A line is `start`, the timestamp, the `head` of its level with its module, the slots that are filled in their order, the ids
/// of its span, and the rest of the fields in an object of their own.
#[derive(Debug)]
pub(crate) struct Schema {
    /// Up to the timestamp.
    pub(crate) start: String,
    /// By level: from the quote that ends the timestamp to the one that starts the module.
    heads: [String; 6],
    slots: Vec<Reserved>,
    /// Before the trace id's digits, `,"trace_id":"`.
    pub(crate) trace_id: String,
    /// Between the trace id's digits and the span id's, `","span_id":"`.
    pub(crate) span_id: String,
    /// Said of a line of which something was cut, `,"truncated":true`.
    pub(crate) truncated: String,
    /// Opens the object of the fields that have no slot, `,"metadata":{`.
    pub(crate) rest: String,
    /// Keys that the layer sets itself.
    own_keys: Vec<Box<str>>,
}

/// A slot's key, and the names of fields that fill it.
#[derive(Debug)]
struct Reserved {
    /// `,"key":`
    key: Box<str>,
    kind: Kind,
    names: Vec<Box<str>>,
}

impl Schema {
    pub(crate) fn new(service: &str, names: LevelNames) -> Self {
        let heads = Level::ALL.map(|level| {
            let mut head = format!("\",\"level\":\"{}\",\"service\":\"", level.name(names));
            push_escaped(&mut head, service);
            head.push_str("\",\"module\":\"");
            head
        });
        let slots: [(&str, Kind, &[&str]); 8] = [
            ("message", Kind::Text, &["message"]),
            ("correlation_id", Kind::Text, &["correlation_id"]),
            ("request_id", Kind::Text, &["request_id"]),
            ("user_id", Kind::Text, &["user_id"]),
            ("method", Kind::Text, &["method", "http.request.method"]),
            ("path", Kind::Text, &["path", "url.path"]),
            ("status", Kind::Integer, &["status", "http.response.status_code"]),
            ("duration_ms", Kind::Number, &["duration_ms"]),
        ];
        let own_keys = [
            "timestamp",
            "level",
            "service",
            "module",
            "message",
            "trace_id",
            "span_id",
            "truncated",
            "metadata",
        ];
        Self {
            start: "{\"timestamp\":\"".to_owned(),
            heads,
            slots: slots
                .into_iter()
                .map(|(key, kind, names)| Reserved {
                    key: format!(",\"{key}\":").into(),
                    kind,
                    names: names.iter().copied().map(Box::from).collect(),
                })
                .collect(),
            trace_id: ",\"trace_id\":\"".to_owned(),
            span_id: "\",\"span_id\":\"".to_owned(),
            truncated: ",\"truncated\":true".to_owned(),
            rest: ",\"metadata\":{".to_owned(),
            own_keys: own_keys.into_iter().map(Box::from).collect(),
        }
    }

    /// From the quote that ends the timestamp to the one that starts the module.
    pub(crate) fn head(&self, level: Level) -> &str {
        // The level's place among the six is its index.
        &self.heads[level as usize]
    }

    /// The longest head and everything else that a line has whatever its fields are.
    pub(crate) fn longest_frame(&self) -> usize {
        let head = self.heads.iter().map(String::len).max().unwrap_or(0);
        let texts = [&self.start, &self.trace_id, &self.span_id, &self.truncated, &self.rest];
        head + texts.map(|text| text.len()).into_iter().sum::<usize>()
    }

    /// `,"key":` of a slot, and what it takes.
    pub(crate) fn slot(&self, slot: Slot) -> Option<(&str, Kind)> {
        self.slots.get(slot.index()).map(|reserved| (&*reserved.key, reserved.kind))
    }

    /// `,"key":` of each slot.
    pub(crate) fn slot_keys(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|reserved| &*reserved.key)
    }

    pub(crate) fn own_keys(&self) -> &[Box<str>] {
        &self.own_keys
    }

    /// Decides by name alone, once per callsite.
    pub(crate) fn destination_of(&self, name: &str, origin: Origin) -> Destination {
        match name {
            // A span's `message` is one of its arguments, and not what its events say.
            "message" if origin == Origin::Inherited => Destination::Rest,
            "radiosonde.level" => Destination::Level,
            "log.target" if origin == Origin::LogRecord => Destination::Target,
            "log.module_path" | "log.file" | "log.line" if origin == Origin::LogRecord => Destination::Hidden,
            _ if name.starts_with("otel.") || name.starts_with("radiosonde.") => Destination::Hidden,
            _ => Slot::all()
                .zip(&self.slots)
                .find(|(_, reserved)| reserved.names.iter().any(|known| **known == *name))
                .map_or(Destination::Rest, |(slot, _)| Destination::Slot(slot)),
        }
    }
}
