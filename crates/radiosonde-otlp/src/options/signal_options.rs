use radiosonde_delivery::{
    Delivery, Endpoint, HttpOptions, InvalidEndpoint, Protocol, Queue, SinkOptions, Url,
};

use crate::export::compression::Compression;
use crate::export::exporter::Exporter;
use crate::export::otlp_protocol::OtlpProtocol;
use crate::export::signal::Signal;
use crate::options::build_error::OtlpBuildError;

/// The specification's defaults.
const LOCAL_HTTP: &str = "http://localhost:4318";
const LOCAL_GRPC: &str = "http://localhost:4317";

/// Settings for one signal; the others are those for all signals.
#[must_use]
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct OtlpSignalOptions {
    pub(super) endpoint: Option<SignalUrl>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::optional_text"))]
    pub(super) protocol: Option<OtlpProtocol>,
    pub(super) http: Option<HttpOptions>,
    pub(super) compression: Option<Compression>,
    pub(super) sink: Option<SinkOptions>,
}

/// The URL of a signal.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(from = "Url"))]
pub(super) enum SignalUrl {
    /// As it is.
    Whole(Url),
    /// A base, to which the signal's path is appended.
    Base(Url),
}

impl From<Url> for SignalUrl {
    fn from(url: Url) -> Self {
        Self::Whole(url)
    }
}

impl OtlpSignalOptions {
    /// No settings of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// The signal's own URL, as in `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and `.._LOGS_ENDPOINT`: used as it is over HTTP. Over gRPC
    /// it may be a base URL as well.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(SignalUrl::Whole(url.into().into()));
        self
    }

    /// How the signal is sent.
    pub const fn protocol(mut self, protocol: OtlpProtocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// The signal's own headers, credentials and certificates, instead of those of [`OtlpOptions::http`](crate::OtlpOptions::http).
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

    /// With the settings for all signals where it has none of its own.
    pub(super) fn over(self, all: Self) -> Self {
        Self {
            endpoint: self.endpoint.or(all.endpoint),
            protocol: self.protocol.or(all.protocol),
            http: self.http.or(all.http),
            compression: self.compression.or(all.compression),
            sink: self.sink.or(all.sink),
        }
    }

    /// With settings of other options where it has none, down to single headers and bounds.
    pub(super) fn or(self, other: Self) -> Self {
        let http = match (self.http.clone(), other.http.clone()) {
            (Some(own), Some(other)) => Some(own.or(other)),
            (own, other) => own.or(other),
        };
        let sink = match (self.sink, other.sink) {
            (Some(own), Some(other)) => Some(own.or(other)),
            (own, other) => own.or(other),
        };
        Self { http, sink, ..self.over(other) }
    }

    pub(super) fn exporter(&self, signal: Signal) -> Result<Exporter, OtlpBuildError> {
        let endpoint = self.endpoint_of(signal).map_err(OtlpBuildError::Endpoint)?;
        let timeout = self.sink.unwrap_or_default().request_timeout();
        let compression = self.compression.unwrap_or_default();
        Exporter::new(self.protocol.unwrap_or_default(), signal, endpoint, compression, timeout)
            .map_err(|_| OtlpBuildError::NoGrpc)
    }

    pub(super) fn endpoint_of(&self, signal: Signal) -> Result<Endpoint, InvalidEndpoint> {
        match (self.protocol.unwrap_or_default(), &self.endpoint) {
            (OtlpProtocol::HttpProtobuf, Some(SignalUrl::Whole(url))) => url.endpoint(),
            (OtlpProtocol::HttpProtobuf, Some(SignalUrl::Base(url))) => {
                url.endpoint()?.ending_in(signal.path)
            }
            (OtlpProtocol::HttpProtobuf, None) => Endpoint::parse(LOCAL_HTTP)?.ending_in(signal.path),
            // The URL for HTTP may have stayed.
            (OtlpProtocol::Grpc, Some(SignalUrl::Whole(url) | SignalUrl::Base(url))) => {
                url.endpoint()?.without(signal.path).join(signal.method)
            }
            (OtlpProtocol::Grpc, None) => Endpoint::parse(LOCAL_GRPC)?.join(signal.method),
        }
    }

    pub(super) fn add_to<P: Protocol>(
        &self,
        delivery: &Delivery,
        defaults: SinkOptions,
        protocol: P,
    ) -> Result<Queue<P::Item>, OtlpBuildError> {
        let http = self.http.clone().unwrap_or_default();
        let sink = self.sink.unwrap_or_default().or(defaults);
        delivery.sink(sink, &http, protocol).map_err(OtlpBuildError::Sink)
    }
}
