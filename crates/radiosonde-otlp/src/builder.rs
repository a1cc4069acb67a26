use std::fmt;

use radiosonde_core::Resource;
use radiosonde_delivery::{Delivery, Endpoint, InvalidEndpoint, SinkError, SinkOptions};

use crate::export::ExportSpans;
use crate::{Compression, Headers, InvalidHeaders, OtlpSpans, encode};

const TRACES_PATH: &str = "/v1/traces";

/// The specification's default.
const LOCAL: &str = "http://localhost:4318";

/// Collects the settings of [`OtlpSpans`]. They are checked by [`build`](Self::build).
#[must_use]
#[derive(Debug, Clone)]
pub struct OtlpSpansBuilder {
    resource: Resource,
    endpoint: Target,
    headers: Result<Headers, InvalidHeaders>,
    compression: Compression,
    options: SinkOptions,
}

#[derive(Clone)]
enum Target {
    Base(Box<str>),
    Whole(Box<str>),
}

impl OtlpSpansBuilder {
    pub(crate) fn new(resource: &Resource) -> Self {
        Self {
            resource: resource.clone(),
            endpoint: Target::Base(LOCAL.into()),
            headers: Ok(Headers::new()),
            compression: Compression::default(),
            options: SinkOptions::new("otlp"),
        }
    }

    /// The base URL of all signals, as in `OTEL_EXPORTER_OTLP_ENDPOINT`: `/v1/traces` is appended. `http://localhost:4318` unless
    /// set.
    pub fn endpoint(mut self, url: &str) -> Self {
        self.endpoint = Target::Base(url.into());
        self
    }

    /// The URL for traces, as in `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`: used as it is.
    pub fn traces_endpoint(mut self, url: &str) -> Self {
        self.endpoint = Target::Whole(url.into());
        self
    }

    /// Replaces all headers, such as by those of `OTEL_EXPORTER_OTLP_HEADERS`; see [`Headers::parse`].
    pub fn headers(mut self, headers: Headers) -> Self {
        self.headers = Ok(headers);
        self
    }

    /// Sets one header more. Values are treated as secrets and never printed.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Ok(headers) = &mut self.headers
            && let Err(error) = headers.insert(name, value)
        {
            self.headers = Err(error);
        }
        self
    }

    /// How requests are compressed; not at all unless set.
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Bounds, batches, timeout and retries; those of [`SinkOptions`] under the name `otlp` unless set.
    pub const fn options(mut self, options: SinkOptions) -> Self {
        self.options = options;
        self
    }

    /// Adds the sink to a delivery.
    ///
    /// # Errors
    /// [`BuildError`] names the setting that is refused.
    pub fn build(&self, delivery: &Delivery) -> Result<OtlpSpans, BuildError> {
        let endpoint = self.endpoint.resolve().map_err(BuildError::Endpoint)?;
        let headers = self.headers.as_ref().map_err(|error| BuildError::Headers(error.clone()))?;
        let resource = encode::resource(&self.resource);
        let export = ExportSpans::new(endpoint, headers.map().clone(), self.compression, resource);
        delivery.sink(self.options, export).map(OtlpSpans::new).map_err(BuildError::Sink)
    }
}

impl Target {
    fn resolve(&self) -> Result<Endpoint, InvalidEndpoint> {
        match self {
            Self::Base(url) => Endpoint::parse(url)?.join(TRACES_PATH),
            Self::Whole(url) => Endpoint::parse(url),
        }
    }
}

impl fmt::Debug for Target {
    /// As it will be used; neither side prints a password or a query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.resolve() {
            Ok(endpoint) => write!(f, "{endpoint}"),
            Err(error) => write!(f, "{error:?}"),
        }
    }
}

/// An OTLP sink that cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The URL is refused.
    Endpoint(InvalidEndpoint),
    /// A header is refused.
    Headers(InvalidHeaders),
    /// The delivery refused the sink.
    Sink(SinkError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint(_) => "the endpoint of the OTLP sink is refused",
            Self::Headers(_) => "a header of the OTLP sink is refused",
            Self::Sink(_) => "the delivery refused the OTLP sink",
        })
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Endpoint(error) => Some(error),
            Self::Headers(error) => Some(error),
            Self::Sink(error) => Some(error),
        }
    }
}
