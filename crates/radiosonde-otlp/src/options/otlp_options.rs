use radiosonde_core::{LevelNames, Resource};
use radiosonde_delivery::{Delivery, HttpOptions, SinkOptions, Url};
use radiosonde_queue::OverflowPolicy;

use crate::export::compression::Compression;
use crate::export::otlp_protocol::OtlpProtocol;
use crate::export::signal::{LOGS, TRACES};
use crate::logs::protocol::LogsProtocol;
use crate::logs::sink::OtlpLogs;
use crate::options::build_error::OtlpBuildError;
use crate::options::signal_options::{OtlpSignalOptions, SignalUrl};
use crate::resource;
use crate::spans::protocol::SpansProtocol;
use crate::spans::sink::OtlpSpans;

/// How many requests with spans are in flight at the same time: their order does not matter.
const SPANS_IN_FLIGHT: usize = 4;

/// Where and how spans and log lines are sent by OTLP, in protobuf over HTTP or over gRPC.
///
/// # Shape
/// Plain values, checked when a sink is built. These settings are for all signals; [`traces`](Self::traces) and
/// [`logs`](Self::logs) override them for one. What is not set can be taken from other options with [`or`](Self::or). With the
/// feature `serde` they are read from a configuration file under the names of the methods; durations are texts like `5s`.
///
/// ```
/// use radiosonde_otlp::{Compression, OtlpOptions, OtlpSignalOptions};
///
/// let loki = OtlpSignalOptions::new().endpoint("http://127.0.0.1:3100/otlp/v1/logs");
/// let options = OtlpOptions::new("http://collector:4318").compression(Compression::Gzip).logs(loki);
/// # drop(options);
/// ```
#[must_use]
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct OtlpOptions {
    endpoint: Option<Url>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::optional_text"))]
    protocol: Option<OtlpProtocol>,
    http: Option<HttpOptions>,
    compression: Option<Compression>,
    sink: Option<SinkOptions>,
    traces: OtlpSignalOptions,
    logs: Option<OtlpSignalOptions>,
    /// Not read from a file: it depends on the format of the lines.
    #[cfg_attr(feature = "serde", serde(skip))]
    level_names: Option<LevelNames>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::optional_text"))]
    overflow: Option<OverflowPolicy>,
}

impl OtlpOptions {
    /// For this base URL of all signals, as in `OTEL_EXPORTER_OTLP_ENDPOINT`: `/v1/traces` and `/v1/logs` are appended, unless the
    /// URL ends with it. For log lines to Loki, its URL with `/otlp`. Over gRPC the method's path is appended. Default:
    /// `http://localhost:4318`, over gRPC `http://localhost:4317`.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self { endpoint: Some(endpoint.into().into()), ..Self::default() }
    }

    /// Takes what is not set here from `other`.
    ///
    /// A setting here for all signals wins over one of `other` for a single signal. Log lines that are not enabled here are sent
    /// if `other` enables them, to its endpoint for log lines if it has one.
    pub fn or(self, other: Self) -> Self {
        let (own, others) = (self.all(), other.all());
        let traces = self.traces.over(own.clone()).or(other.traces.over(others.clone()));
        let all = own.clone().or(others.clone());
        let logs = match (self.logs, other.logs) {
            (None, None) => None,
            (None, Some(logs)) => {
                let endpoint = logs.endpoint.clone();
                let logs = own.or(logs.over(others));
                Some(OtlpSignalOptions { endpoint: endpoint.or(logs.endpoint.clone()), ..logs })
            }
            (Some(logs), other) => Some(logs.over(own).or(other.unwrap_or_default().over(others))),
        };
        Self {
            endpoint: self.endpoint.or(other.endpoint),
            protocol: all.protocol,
            http: all.http,
            compression: all.compression,
            sink: all.sink,
            traces,
            logs,
            level_names: self.level_names.or(other.level_names),
            overflow: self.overflow.or(other.overflow),
        }
    }

    /// How spans and log lines are sent. Default: [`OtlpProtocol::HttpProtobuf`].
    pub const fn protocol(mut self, protocol: OtlpProtocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// Headers, credentials and certificates of every request. For headers as in `OTEL_EXPORTER_OTLP_HEADERS` see
    /// [`parse_headers`](crate::parse_headers).
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.http = Some(options);
        self
    }

    /// How requests are compressed. Default: no compression.
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Bounds, batches, timeout and retries. Default: those of [`SinkOptions`], under the names `otlp` for spans and `otlp_logs`
    /// for log lines, with up to four requests with spans in flight.
    pub const fn sink(mut self, options: SinkOptions) -> Self {
        self.sink = Some(options);
        self
    }

    /// Settings for spans only.
    pub fn traces(mut self, options: OtlpSignalOptions) -> Self {
        self.traces = options;
        self
    }

    /// Enables log lines, with settings for them only.
    pub fn logs(mut self, options: OtlpSignalOptions) -> Self {
        self.logs = Some(options);
        self
    }

    /// The names of levels in the severity's text; use those of the lines.
    pub const fn level_names(mut self, names: LevelNames) -> Self {
        self.level_names = Some(names);
        self
    }

    /// The overflow policy of the queue of lines. Default: a line at ERROR or FATAL waits for up to
    /// 5 ms, and others are dropped.
    pub const fn overflow(mut self, policy: OverflowPolicy) -> Self {
        self.overflow = Some(policy);
        self
    }

    /// Whether there is an endpoint for spans, their own or that of all signals.
    #[must_use]
    pub const fn has_traces(&self) -> bool {
        self.endpoint.is_some() || self.traces.endpoint.is_some()
    }

    /// Whether log lines are enabled.
    #[must_use]
    pub const fn has_logs(&self) -> bool {
        self.logs.is_some()
    }

    /// Adds a sink for the spans of this resource to a delivery.
    ///
    /// # Errors
    /// [`OtlpBuildError`] names the refused setting.
    pub fn build_spans(&self, resource: &Resource, delivery: &Delivery) -> Result<OtlpSpans, OtlpBuildError> {
        let own = self.traces.clone().over(self.all());
        let protocol = SpansProtocol::new(own.exporter(TRACES)?, &resource::to_proto(resource));
        let defaults = SinkOptions::new("otlp").max_in_flight(SPANS_IN_FLIGHT);
        own.add_to(delivery, defaults, protocol).map(OtlpSpans::new)
    }

    /// Adds a sink for the log lines of this resource to a delivery, even if they are not enabled.
    ///
    /// # Errors
    /// [`OtlpBuildError`] names the refused setting.
    pub fn build_logs(&self, resource: &Resource, delivery: &Delivery) -> Result<OtlpLogs, OtlpBuildError> {
        let own = self.logs.clone().unwrap_or_default().over(self.all());
        let protocol = LogsProtocol::new(own.exporter(LOGS)?, resource::to_proto(resource));
        let queue = own.add_to(delivery, SinkOptions::new("otlp_logs"), protocol)?;
        Ok(OtlpLogs::new(queue, self.level_names.unwrap_or_default(), self.overflow.unwrap_or_default()))
    }

    /// The settings for all signals, as options of one.
    fn all(&self) -> OtlpSignalOptions {
        OtlpSignalOptions {
            endpoint: self.endpoint.clone().map(SignalUrl::Base),
            protocol: self.protocol,
            http: self.http.clone(),
            compression: self.compression,
            sink: self.sink,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(options: &OtlpOptions) -> String {
        options.traces.clone().over(options.all()).endpoint_of(TRACES).unwrap().to_string()
    }

    fn lines(options: &OtlpOptions) -> Option<String> {
        let own = options.logs.clone()?.over(options.all());
        Some(own.endpoint_of(LOGS).unwrap().to_string())
    }

    #[test]
    fn without_an_endpoint_signals_go_to_this_machine() {
        let local = OtlpOptions::default().logs(OtlpSignalOptions::new());
        assert!(!local.has_traces());
        assert_eq!(spans(&local), "http://localhost:4318/v1/traces");
        assert_eq!(lines(&local).as_deref(), Some("http://localhost:4318/v1/logs"));
    }

    #[test]
    fn the_first_setting_wins_for_each_signal() {
        let whole = |url: &str| OtlpSignalOptions::new().endpoint(url);
        let own = OtlpOptions::default().traces(whole("http://b:2/x")).logs(whole("http://b:2/y"));
        let base = OtlpOptions::new("http://a:1");
        let merged = base.clone().or(own.clone());
        assert_eq!(spans(&merged), "http://a:1/v1/traces", "also where the other is for the signal alone");
        assert_eq!(lines(&merged).as_deref(), Some("http://b:2/y"), "the first does not ask for lines");
        assert_eq!(
            lines(&base.clone().logs(OtlpSignalOptions::new()).or(own.clone())),
            lines(&base.clone().logs(OtlpSignalOptions::new()))
        );
        let merged = own.or(base);
        assert_eq!(
            (spans(&merged).as_str(), lines(&merged).as_deref()),
            ("http://b:2/x", Some("http://b:2/y"))
        );
        let http = |name: &str| Some(HttpOptions::new().header(name, "1"));
        let both = OtlpOptions { http: http("a"), ..OtlpOptions::default() }
            .or(OtlpOptions::default()
                .traces(OtlpSignalOptions { http: http("b"), ..OtlpSignalOptions::new() }));
        let shown = format!("{:?}", both.traces);
        assert!(shown.contains("\"a\": ") && shown.contains("\"b\": "), "{shown}");
    }

    #[test]
    fn over_grpc_the_method_is_appended_to_any_url() {
        let grpc = |options: OtlpOptions| options.protocol(OtlpProtocol::Grpc).logs(OtlpSignalOptions::new());
        let (spans_method, lines_method) = (TRACES.method, LOGS.method);
        let local = grpc(OtlpOptions::default());
        assert_eq!(spans(&local), format!("http://localhost:4317{spans_method}"));
        assert_eq!(lines(&local), Some(format!("http://localhost:4317{lines_method}")));
        let whole = OtlpSignalOptions::new().endpoint("https://b:2/gate/v1/traces");
        assert_eq!(
            spans(&grpc(OtlpOptions::new("http://a:1").traces(whole.clone()))),
            format!("https://b:2/gate{spans_method}")
        );
        assert_eq!(spans(&grpc(OtlpOptions::new("http://a:1/"))), format!("http://a:1{spans_method}"));
        // A signal may be sent in another way than the rest.
        let mixed = grpc(OtlpOptions::default()).traces(whole.protocol(OtlpProtocol::HttpProtobuf));
        assert_eq!(spans(&mixed), "https://b:2/gate/v1/traces");
        assert_eq!(lines(&mixed), lines(&local));
    }

    #[test]
    fn lines_enabled_by_the_second_have_the_first_settings_of_all() {
        let http = |name: &str| HttpOptions::new().header(name, "1");
        let asking = OtlpSignalOptions::new().http(http("b")).compression(Compression::None);
        let own = OtlpOptions::default().http(http("a")).compression(Compression::Gzip);
        let lines = own.or(OtlpOptions::default().logs(asking)).logs.unwrap();
        assert_eq!(lines.compression, Some(Compression::Gzip));
        let shown = format!("{:?}", lines.http);
        assert!(shown.contains("\"a\": ") && shown.contains("\"b\": "), "{shown}");
    }
}
