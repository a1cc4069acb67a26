use crate::builder::TelemetryBuilder;

impl TelemetryBuilder {
    /// Sets whether OpenTelemetry's global tracer provider and propagator become ours, in place of those that the application set;
    /// default: `true`.
    ///
    /// With `false` the global ones stay. For libraries that take a provider,
    /// `OpenTelemetryBridge::new(telemetry.traces()).tracer_provider()` is one of the same traces.
    ///
    /// ```
    /// let builder = radiosonde::builder().service_name("orders").global_opentelemetry(false);
    /// ```
    pub const fn global_opentelemetry(mut self, replaces: bool) -> Self {
        self.global_opentelemetry = replaces;
        self
    }
}
