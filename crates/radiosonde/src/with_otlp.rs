use radiosonde_otlp::OtlpOptions;

use crate::builder::TelemetryBuilder;

impl TelemetryBuilder {
    /// Exports spans, and log lines if the options ask for them, by OTLP to Jaeger or any collector, over HTTP or
    /// with the feature `grpc` over gRPC. What the options
    /// leave open is as the variables that start with `OTEL_EXPORTER_OTLP_` say. Spans go out if an endpoint for them is given,
    /// here or there.
    ///
    /// ```
    /// use radiosonde::otlp::{OtlpOptions, OtlpSignalOptions};
    ///
    /// // Spans to Jaeger, lines to Loki.
    /// let lines = OtlpSignalOptions::new().endpoint("http://127.0.0.1:3100/otlp/v1/logs");
    /// let builder = radiosonde::builder().otlp(OtlpOptions::new("http://127.0.0.1:4318").logs(lines));
    /// ```
    pub fn otlp(mut self, options: OtlpOptions) -> Self {
        self.code.otlp = options;
        self
    }
}
