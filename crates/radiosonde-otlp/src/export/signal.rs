/// The differences between the signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signal {
    /// Appended to the base URL of all signals.
    pub(crate) path: &'static str,
    /// The items of a batch, for messages.
    pub(crate) items: &'static str,
    pub(crate) wrong_address: &'static str,
}

pub(crate) const TRACES: Signal = Signal {
    path: "/v1/traces",
    items: "spans",
    wrong_address: "check the endpoint of the OTLP sink; it ends in /v1/traces",
};

pub(crate) const LOGS: Signal = Signal {
    path: "/v1/logs",
    items: "log records",
    wrong_address: "check the endpoint of the OTLP sink, which ends in /v1/logs, and that it takes logs: Jaeger does not",
};
