use std::fmt;

use radiosonde_core::{LevelNames, Resource};
use radiosonde_delivery::{Delivery, Endpoint, HttpOptions, InvalidEndpoint, SinkError, SinkOptions, Url};
use radiosonde_queue::OverflowPolicy;

use crate::compression::Compression;
use crate::connection::Connection;
use crate::encode;
use crate::export::ExportSpans;
use crate::logs::export::ExportLogs;
use crate::logs::sink::OtlpLogs;
use crate::signal::{LOGS, Signal, TRACES};
use crate::spans::OtlpSpans;

/// The specification's default.
const LOCAL: &str = "http://localhost:4318";

/// Where and how spans and log lines are sent by OTLP over HTTP, in protobuf.
///
/// # Shape
/// Plain values, checked when a sink is built. What is set here is for all signals; [`traces`](Self::traces) and
/// [`logs`](Self::logs) hold what differs for one. With the feature `serde` they are read from a configuration file under the
/// names of the methods; durations are texts like `5s`.
///
/// ```
/// use radiosonde_otlp::{Compression, OtlpOptions, OtlpSignalOptions};
///
/// let loki = OtlpSignalOptions::new().endpoint("http://127.0.0.1:3100/otlp/v1/logs");
/// let options = OtlpOptions::new("http://collector:4318").compression(Compression::Gzip).logs(loki);
/// # drop(options);
/// ```
#[must_use]
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct OtlpOptions {
    endpoint: Url,
    http: HttpOptions,
    compression: Compression,
    sink: SinkOptions,
    traces: OtlpSignalOptions,
    logs: Option<OtlpSignalOptions>,
    /// Not read from a file: it follows from how the lines are written.
    #[cfg_attr(feature = "serde", serde(skip))]
    level_names: LevelNames,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::text"))]
    overflow: OverflowPolicy,
}

impl Default for OtlpOptions {
    /// To a collector on this machine.
    fn default() -> Self {
        Self {
            endpoint: LOCAL.into(),
            http: HttpOptions::new(),
            compression: Compression::default(),
            sink: SinkOptions::default(),
            traces: OtlpSignalOptions::new(),
            logs: None,
            level_names: LevelNames::default(),
            overflow: OverflowPolicy::default(),
        }
    }
}

impl OtlpOptions {
    /// To this base URL of all signals, as in `OTEL_EXPORTER_OTLP_ENDPOINT`: `/v1/traces` and `/v1/logs` are appended, unless the
    /// URL ends with it. For log lines to Loki, its URL with `/otlp`.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into().into(), ..Self::default() }
    }

    /// Headers and credentials of every request. For those of `OTEL_EXPORTER_OTLP_HEADERS` see
    /// [`parse_headers`](crate::parse_headers).
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.http = options;
        self
    }

    /// How requests are compressed. Default: not at all.
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Bounds, batches, timeout and retries. Default: those of [`SinkOptions`], under the names `otlp` for spans and `otlp_logs`
    /// for log lines.
    pub const fn sink(mut self, options: SinkOptions) -> Self {
        self.sink = options;
        self
    }

    /// What differs for spans.
    pub fn traces(mut self, options: OtlpSignalOptions) -> Self {
        self.traces = options;
        self
    }

    /// Asks for log lines to be sent, too, with what differs for them.
    pub fn logs(mut self, options: OtlpSignalOptions) -> Self {
        self.logs = Some(options);
        self
    }

    /// How the severity's text spells two of the levels; the same as in the lines.
    pub const fn level_names(mut self, names: LevelNames) -> Self {
        self.level_names = names;
        self
    }

    /// What becomes of a line for which the queue has no room, by its level. Default: a line at ERROR or FATAL waits for up to
    /// 5 ms, and others are dropped.
    pub const fn overflow(mut self, policy: OverflowPolicy) -> Self {
        self.overflow = policy;
        self
    }

    /// Whether log lines are asked for.
    #[must_use]
    pub const fn has_logs(&self) -> bool {
        self.logs.is_some()
    }

    /// Adds a sink for the spans of this resource to a delivery.
    ///
    /// # Errors
    /// [`OtlpBuildError`] names the setting that is refused.
    pub fn build_spans(&self, resource: &Resource, delivery: &Delivery) -> Result<OtlpSpans, OtlpBuildError> {
        let export = ExportSpans::new(self.connection(&self.traces, TRACES)?, encode::resource(resource));
        let (sink, http) = self.delivered(&self.traces);
        delivery.sink(sink.or_name("otlp"), http, export).map(OtlpSpans::new).map_err(OtlpBuildError::Sink)
    }

    /// Adds a sink for the log lines of this resource to a delivery, asked for or not.
    ///
    /// # Errors
    /// [`OtlpBuildError`] names the setting that is refused.
    pub fn build_logs(&self, resource: &Resource, delivery: &Delivery) -> Result<OtlpLogs, OtlpBuildError> {
        let none = OtlpSignalOptions::new();
        let logs = self.logs.as_ref().unwrap_or(&none);
        let export = ExportLogs::new(self.connection(logs, LOGS)?, encode::resource(resource));
        let (sink, http) = self.delivered(logs);
        let queue = delivery.sink(sink.or_name("otlp_logs"), http, export).map_err(OtlpBuildError::Sink)?;
        Ok(OtlpLogs::new(queue, self.level_names, self.overflow))
    }

    fn connection(&self, own: &OtlpSignalOptions, signal: Signal) -> Result<Connection, OtlpBuildError> {
        let endpoint = self.endpoint(own, signal).map_err(OtlpBuildError::Endpoint)?;
        Ok(Connection::new(endpoint, own.compression.unwrap_or(self.compression)))
    }

    fn endpoint(&self, own: &OtlpSignalOptions, signal: Signal) -> Result<Endpoint, InvalidEndpoint> {
        match &own.endpoint {
            Some(whole) => whole.endpoint(),
            None => self.endpoint.endpoint()?.ending_in(signal.path),
        }
    }

    fn delivered<'a>(&'a self, own: &'a OtlpSignalOptions) -> (SinkOptions, &'a HttpOptions) {
        (own.sink.unwrap_or(self.sink), own.http.as_ref().unwrap_or(&self.http))
    }
}

/// What differs for one signal; what is not set here is as for all signals.
#[must_use]
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct OtlpSignalOptions {
    endpoint: Option<Url>,
    http: Option<HttpOptions>,
    compression: Option<Compression>,
    sink: Option<SinkOptions>,
}

impl OtlpSignalOptions {
    /// All as for the other signals.
    pub fn new() -> Self {
        Self::default()
    }

    /// The signal's own URL, as in `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and `.._LOGS_ENDPOINT`: used as it is.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into().into());
        self
    }

    /// The signal's own headers and credentials; none of [`OtlpOptions::http`] are sent then.
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.http = Some(options);
        self
    }

    /// How the signal's requests are compressed.
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// The signal's own bounds, batches, timeout and retries.
    pub const fn sink(mut self, options: SinkOptions) -> Self {
        self.sink = Some(options);
        self
    }
}

/// An OTLP sink that cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum OtlpBuildError {
    /// The URL is refused.
    Endpoint(InvalidEndpoint),
    /// The delivery refused the sink, its headers or its credentials.
    Sink(SinkError),
}

impl fmt::Display for OtlpBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint(_) => "the endpoint of the OTLP sink is refused",
            Self::Sink(_) => "the delivery refused the OTLP sink",
        })
    }
}

impl std::error::Error for OtlpBuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Endpoint(error) => Some(error),
            Self::Sink(error) => Some(error),
        }
    }
}
