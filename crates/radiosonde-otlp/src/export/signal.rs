/// The differences between the signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signal {
    /// Appended to the base URL of all signals, over HTTP.
    pub(crate) path: &'static str,
    /// The method's path, over gRPC.
    pub(crate) method: &'static str,
    /// The items of a batch, for messages.
    pub(crate) items: &'static str,
    pub(crate) wrong_address: &'static str,
    /// The server does not have the method.
    pub(crate) no_method: &'static str,
}

pub(crate) const TRACES: Signal = Signal {
    path: "/v1/traces",
    method: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    items: "spans",
    wrong_address: "check the endpoint of the OTLP sink; it ends in /v1/traces",
    no_method: "check the endpoint of the OTLP sink, and that it takes OTLP over gRPC, usually on port 4317",
};

pub(crate) const LOGS: Signal = Signal {
    path: "/v1/logs",
    method: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    items: "log records",
    wrong_address: "check the endpoint of the OTLP sink, which ends in /v1/logs, and that it takes logs: Jaeger does not",
    no_method: "check the endpoint of the OTLP sink, and that it takes logs over gRPC: Jaeger does not",
};
