/// Names that no layer reserves, so that their values are certain to be under `metadata`.
const ORDINARY: [&str; 8] = ["a", "b", "c", "sku", "zone", "attempt", "ä\"\u{2028}", ""];

/// Names that some schema reserves.
const PARTICULAR: [&str; 40] = [
    "message",
    "correlation_id",
    "request_id",
    "user_id",
    "method",
    "path",
    "status",
    "duration_ms",
    "http.request.method",
    "url.path",
    "http.response.status_code",
    "timestamp",
    "level",
    "service",
    "module",
    "trace_id",
    "span_id",
    "metadata",
    "truncated",
    "context",
    "otel.name",
    "otel.kind",
    "radiosonde.level",
    "radiosonde.x",
    "log.target",
    "log.line",
    "r#type",
    "r#path",
    "error",
    "exception",
    "stack",
    "ecs.version",
    "@timestamp",
    "severity",
    "labels",
    "tags",
    "trace.id",
    "span.id",
    "host.name",
    "event",
];

/// The bytes of a fuzzer, taken piece by piece. Missing bytes are zeros.
#[derive(Debug)]
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let taken = self.take(N);
        array[..taken.len()].copy_from_slice(taken);
        array
    }

    /// A length in one byte, and that many bytes as text.
    pub(super) fn text(&mut self) -> String {
        let length = self.byte();
        String::from_utf8_lossy(self.take(length.into())).into_owned()
    }

    /// The name of a field.
    pub(super) fn name(&mut self) -> String {
        let choice = usize::from(self.byte());
        match choice {
            0..100 => ORDINARY[choice % ORDINARY.len()].to_owned(),
            100..220 => PARTICULAR[choice % PARTICULAR.len()].to_owned(),
            _ => self.text(),
        }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// Whether the field is certain to be under `metadata` with its value unchanged.
pub(super) fn is_ordinary(name: &str) -> bool {
    ORDINARY.contains(&name) || (name.len() <= 256 && !name.contains(|c: char| c.is_ascii_alphabetic()))
}
