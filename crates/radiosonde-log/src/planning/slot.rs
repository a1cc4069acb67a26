/// A reserved key at the top of a line that fields of events and spans may fill.
///
/// In the order in which they stand in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Message,
    CorrelationId,
    RequestId,
    UserId,
    Method,
    Path,
    Status,
    DurationMs,
}

/// Which values a slot takes as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Always a string, so that a store sees one type.
    Text,
    /// An integer, or else a string.
    Integer,
    /// A number; anything else goes under `metadata`.
    Number,
}

impl Slot {
    pub(crate) const COUNT: usize = 8;

    /// The slot's place in a line.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// The key as it stands in the line.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Message => "\"message\":",
            Self::CorrelationId => "\"correlation_id\":",
            Self::RequestId => "\"request_id\":",
            Self::UserId => "\"user_id\":",
            Self::Method => "\"method\":",
            Self::Path => "\"path\":",
            Self::Status => "\"status\":",
            Self::DurationMs => "\"duration_ms\":",
        }
    }

    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::Status => Kind::Integer,
            Self::DurationMs => Kind::Number,
            _ => Kind::Text,
        }
    }
}

/// Where the fields come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An event of `tracing`.
    Event,
    /// An event that `tracing-log` made from a record of the `log` crate.
    LogRecord,
    /// A span, or the static fields of the layer.
    Inherited,
}

/// What becomes of a field, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    Slot(Slot),
    Metadata,
    /// The target of a bridged `log` record.
    Target,
    /// The level above `ERROR`.
    Level,
    /// A directive to another part, not for the reader of the line.
    Hidden,
}

/// Decides by name alone, so that it can later be decided once per callsite.
pub(crate) fn destination_of(name: &str, origin: Origin) -> Destination {
    match name {
        // A span's `message` is one of its arguments, and not what its events say.
        "message" if origin != Origin::Inherited => Destination::Slot(Slot::Message),
        "correlation_id" => Destination::Slot(Slot::CorrelationId),
        "request_id" => Destination::Slot(Slot::RequestId),
        "user_id" => Destination::Slot(Slot::UserId),
        "method" | "http.request.method" => Destination::Slot(Slot::Method),
        "path" | "url.path" => Destination::Slot(Slot::Path),
        "status" | "http.response.status_code" => Destination::Slot(Slot::Status),
        "duration_ms" => Destination::Slot(Slot::DurationMs),
        "radiosonde.level" => Destination::Level,
        "log.target" if origin == Origin::LogRecord => Destination::Target,
        "log.module_path" | "log.file" | "log.line" if origin == Origin::LogRecord => Destination::Hidden,
        _ if name.starts_with("otel.") || name.starts_with("radiosonde.") => Destination::Hidden,
        _ => Destination::Metadata,
    }
}
