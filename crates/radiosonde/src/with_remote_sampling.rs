use radiosonde_otlp::JaegerRemoteOptions;

use crate::builder::TelemetryBuilder;
use crate::remote_sampling::RemoteSampling;

impl TelemetryBuilder {
    /// Records those of the traces that start here that a Jaeger decides on, and follows received decisions. In the place of every
    /// other sampler; the environment's is `OTEL_TRACES_SAMPLER=parentbased_jaeger_remote`. It counts in the telemetry's registry.
    ///
    /// ```
    /// use std::time::Duration;
    /// use radiosonde::otlp::JaegerRemoteOptions;
    ///
    /// let remote = JaegerRemoteOptions::new("http://127.0.0.1:5778").polling_interval(Duration::from_secs(30));
    /// let builder = radiosonde::builder().jaeger_remote(remote);
    /// ```
    pub fn jaeger_remote(mut self, options: JaegerRemoteOptions) -> Self {
        self.code.remote_sampling = Some(RemoteSampling::of_roots(options));
        self
    }
}
