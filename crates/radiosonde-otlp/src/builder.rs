use std::fmt;

use radiosonde_core::Resource;
use radiosonde_delivery::{Delivery, HttpOptions, InvalidEndpoint, SinkError, SinkOptions};

use crate::connection::{ConnectionSettings, Target};
use crate::export::ExportSpans;
use crate::signal::TRACES;
use crate::{Compression, OtlpSpans, encode};

/// Collects the settings of [`OtlpSpans`]. They are checked by [`build`](Self::build).
#[must_use]
#[derive(Debug, Clone)]
pub struct OtlpSpansBuilder {
    resource: Resource,
    connection: ConnectionSettings,
}

impl OtlpSpansBuilder {
    pub(crate) fn new(resource: &Resource) -> Self {
        Self { resource: resource.clone(), connection: ConnectionSettings::new(TRACES, "otlp") }
    }

    /// The base URL of all signals, as in `OTEL_EXPORTER_OTLP_ENDPOINT`: `/v1/traces` is appended, unless the
    /// URL ends with it. `http://localhost:4318` unless set.
    pub fn endpoint(mut self, url: &str) -> Self {
        self.connection.endpoint = Target::Base(url.into(), TRACES);
        self
    }

    /// The URL for traces, as in `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`: used as it is.
    pub fn traces_endpoint(mut self, url: &str) -> Self {
        self.connection.endpoint = Target::Whole(url.into());
        self
    }

    /// Headers and credentials of every request. For those of `OTEL_EXPORTER_OTLP_HEADERS` see
    /// [`parse_headers`](crate::parse_headers).
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.connection.http = options;
        self
    }

    /// How requests are compressed; not at all unless set.
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.connection.compression = compression;
        self
    }

    /// Bounds, batches, timeout and retries; those of [`SinkOptions`] under the name `otlp` unless set.
    pub const fn options(mut self, options: SinkOptions) -> Self {
        self.connection.options = options;
        self
    }

    /// Adds the sink to a delivery.
    ///
    /// # Errors
    /// [`BuildError`] names the setting that is refused.
    pub fn build(&self, delivery: &Delivery) -> Result<OtlpSpans, BuildError> {
        let export = ExportSpans::new(self.connection.check()?, encode::resource(&self.resource));
        delivery
            .sink(self.connection.options, &self.connection.http, export)
            .map(OtlpSpans::new)
            .map_err(BuildError::Sink)
    }
}

/// An OTLP sink that cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The URL is refused.
    Endpoint(InvalidEndpoint),
    /// The delivery refused the sink, its headers or its credentials.
    Sink(SinkError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint(_) => "the endpoint of the OTLP sink is refused",
            Self::Sink(_) => "the delivery refused the OTLP sink",
        })
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Endpoint(error) => Some(error),
            Self::Sink(error) => Some(error),
        }
    }
}
