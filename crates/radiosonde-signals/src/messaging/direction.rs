use tracing::Span;
use tracing::field::Empty;

/// What is done with messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Direction {
    /// The value of the label.
    pub(crate) label: &'static str,
    /// `messaging.operation.name`, and what the name of the operation begins with.
    pub(crate) verb: &'static str,
    /// `messaging.operation.type`
    operation_type: &'static str,
    span_kind: &'static str,
}

impl Direction {
    pub(crate) const PUBLISH: Self =
        Self { label: "publish", verb: "publish", operation_type: "send", span_kind: "producer" };

    pub(crate) const RECEIVE: Self =
        Self { label: "receive", verb: "receive", operation_type: "receive", span_kind: "client" };

    pub(crate) const PROCESS: Self =
        Self { label: "subscribe", verb: "process", operation_type: "process", span_kind: "consumer" };

    /// All values of the label.
    pub(crate) const LABELS: &[&'static str] =
        &[Self::PUBLISH.label, Self::RECEIVE.label, Self::PROCESS.label];

    /// The span of the operation with this name: the verb and the topic.
    pub(crate) fn open(self, system: &str, name: &str) -> Span {
        let topic = name.get(self.verb.len() + 1..).unwrap_or_default();
        tracing::info_span!(
            target: "radiosonde::operation",
            "message",
            otel.name = name,
            otel.kind = self.span_kind,
            otel.status_code = Empty,
            otel.status_description = Empty,
            messaging.system = system,
            messaging.destination.name = topic,
            messaging.operation.name = self.verb,
            messaging.operation.type = self.operation_type,
        )
    }
}
