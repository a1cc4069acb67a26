//! The export by OTLP: its variables, and the sinks.

use std::sync::Arc;

use radiosonde_core::{Resource, Secret};
use radiosonde_delivery::{Delivery, Endpoint, HttpOptions, TlsOptions};
use radiosonde_log::{LineSink, LogOptions};
pub(crate) use radiosonde_otlp::OtlpOptions as Options;
use radiosonde_otlp::{
    Compression, OtlpBuildError, OtlpOptions, OtlpProtocol, OtlpSignalOptions, parse_headers,
};
use radiosonde_trace::TraceOptions;

use crate::environment::batch_variables::{BatchVariables, OF_LOG_RECORDS, OF_SPANS};
use crate::environment::exporter::{Asked, Exporter};
use crate::environment::variables::{Given, Variables};
use crate::error::{InitError, InvalidVariable};

/// The signals exported by OTLP, and their options.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    pub(crate) options: OtlpOptions,
    pub(crate) has_spans: bool,
    pub(crate) has_lines: bool,
    /// Whether the variable asks for spans on standard error.
    pub(crate) has_console: bool,
}

impl Exports {
    pub(crate) fn resolve(
        code: OtlpOptions,
        file: OtlpOptions,
        variables: &Variables<'_>,
    ) -> Result<Self, InvalidVariable> {
        let spans = TRACES.read(code.has_traces(), file.has_traces(), variables)?;
        let lines = LOGS.read(code.has_logs(), file.has_logs(), variables)?;
        // What code sets is not looked up.
        let has_console = !code.has_traces() && asks_for_console(variables)?;
        let (has_spans, has_lines) = (spans.is_some(), lines.is_some());
        let base = (has_spans || has_lines).then(|| variables.text(BASE)).transpose()?.flatten();
        let mut environment = base.map_or_else(OtlpOptions::default, |url| {
            variables.give(BASE, &url);
            OtlpOptions::new(url)
        });
        environment = environment.traces(spans.unwrap_or_default());
        if let Some(lines) = lines {
            environment = environment.logs(lines);
        }
        Ok(Self { options: code.or(environment).or(file), has_spans, has_lines, has_console })
    }

    /// Adds the sink of spans, if there is one.
    pub(crate) fn add_to(
        &self,
        traces: TraceOptions,
        given: &[Given],
        (resource, delivery): (&Resource, &Delivery),
    ) -> Result<TraceOptions, InitError> {
        if !self.has_spans {
            return Ok(traces);
        }
        let refuse =
            |error| blame(&error, given).map_or(InitError::Otlp(Box::new(error)), InitError::Variable);
        Ok(traces.sink(self.options.build_spans(resource, delivery).map_err(refuse)?))
    }

    /// The sink of lines, if there is one.
    pub(crate) fn sink(
        self,
        logs: &LogOptions,
        given: &[Given],
        (resource, delivery): (&Resource, &Delivery),
    ) -> Result<Option<Arc<dyn LineSink>>, InitError> {
        if !self.has_lines {
            return Ok(None);
        }
        let lines = OtlpOptions::default().level_names(logs.names()).overflow(logs.overflow_policy());
        let refuse =
            |error| blame(&error, given).map_or(InitError::OtlpLogs(Box::new(error)), InitError::Variable);
        Ok(Some(Arc::new(self.options.or(lines).build_logs(resource, delivery).map_err(refuse)?)))
    }
}

/// The variable that a refused endpoint is from.
fn blame(error: &OtlpBuildError, given: &[Given]) -> Option<InvalidVariable> {
    let OtlpBuildError::Endpoint(cause) = error else { return None };
    let is_from = |given: &&Given| Endpoint::parse(&given.text).is_err_and(|error| error == *cause);
    let given = given.iter().find(is_from)?;
    Some(given.refuse("an http or https URL", cause.clone()))
}

const GRPC_IS_OFF: &str =
    "http/protobuf is spoken instead; gRPC needs the feature `grpc` of the crate radiosonde";

const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// A signal's variables; of two, the first wins.
struct SignalVariables {
    exporter: Exporter,
    endpoint: &'static str,
    /// Whether an endpoint for all signals is enough to ask for this one.
    base_asks: bool,
    protocol: [&'static str; 2],
    compression: [&'static str; 2],
    timeout: [&'static str; 2],
    headers: [&'static str; 2],
    certificate: [&'static str; 2],
    client_certificate: [&'static str; 2],
    client_key: [&'static str; 2],
    batches: BatchVariables,
}

const TRACES: SignalVariables = SignalVariables {
    exporter: Exporter {
        variable: "OTEL_TRACES_EXPORTER",
        supported: &["otlp", "console"],
        others: &["zipkin", "logging", "jaeger", "otlp/stdout"],
        beside: "spans go to the other exporters that it names",
        instead: "no span is exported",
    },
    endpoint: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    base_asks: true,
    protocol: ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
    compression: ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"],
    timeout: ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
    headers: ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"],
    certificate: ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"],
    client_certificate: [
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    ],
    client_key: ["OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"],
    batches: OF_SPANS,
};

/// The endpoint for all signals is a Jaeger's often enough, which takes no logs: they have to be asked for by their own name.
const LOGS: SignalVariables = SignalVariables {
    exporter: Exporter {
        variable: "OTEL_LOGS_EXPORTER",
        supported: &["otlp"],
        others: &["console", "logging", "otlp/stdout"],
        beside: "log records are exported by OTLP alone; lines are written as ever",
        instead: "no log record is exported; lines are written as ever",
    },
    endpoint: "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    base_asks: false,
    protocol: ["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
    compression: ["OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"],
    timeout: ["OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
    headers: ["OTEL_EXPORTER_OTLP_LOGS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"],
    certificate: ["OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"],
    client_certificate: [
        "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    ],
    client_key: ["OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"],
    batches: OF_LOG_RECORDS,
};

impl SignalVariables {
    /// What the variables set for the signal; `None` if it goes nowhere, and then what else they hold is not looked at.
    fn read(
        &self,
        code_asks: bool,
        file_asks: bool,
        variables: &Variables<'_>,
    ) -> Result<Option<OtlpSignalOptions>, InvalidVariable> {
        let mut signal = OtlpSignalOptions::new();
        if !code_asks {
            let asked = self.exporter.read(variables)?;
            // What is to go elsewhere does not go here instead.
            if matches!(asked, Asked::None | Asked::Other) {
                return Ok(None);
            }
            let endpoint_asks = variables.text(self.endpoint)?.is_some();
            let base_asks = self.base_asks && variables.is_set(BASE);
            // The specification would export to the default endpoint unless told not to; here somebody has to ask for it.
            if asked != Asked::Supported && !endpoint_asks && !file_asks && !base_asks {
                return Ok(None);
            }
        }
        // Code may ask for log lines without an endpoint.
        if let Some(url) = variables.text(self.endpoint)? {
            variables.give(self.endpoint, &url);
            signal = signal.endpoint(url);
        }
        if let Some(protocol) = self.protocol(OtlpProtocol::is_available, variables)? {
            signal = signal.protocol(protocol);
        }
        if let Some(compression) = self.compression(variables)? {
            signal = signal.compression(compression);
        }
        let mut sink = self.batches.read(variables)?;
        if let Some(timeout) = variables.first_timeout(&self.timeout)? {
            sink = sink.timeout(timeout);
        }
        signal = signal.sink(sink);
        let http = HttpOptions::new().headers(self.headers(variables)?).tls(self.tls(variables)?);
        Ok(Some(signal.http(http)))
    }

    fn protocol(
        &self,
        is_available: fn(OtlpProtocol) -> bool,
        variables: &Variables<'_>,
    ) -> Result<Option<OtlpProtocol>, InvalidVariable> {
        let Some((name, text)) = variables.first(&self.protocol)? else { return Ok(None) };
        let error = || InvalidVariable::new(name, &text, "http/protobuf, grpc");
        let instead = match text.parse::<OtlpProtocol>() {
            Ok(protocol) if is_available(protocol) => return Ok(Some(protocol)),
            Ok(_) => GRPC_IS_OFF,
            Err(_) if text.eq_ignore_ascii_case("http/json") => "http/protobuf is spoken instead",
            Err(_) => return Err(error()),
        };
        variables.unsupported(error(), instead);
        Ok(Some(OtlpProtocol::HttpProtobuf))
    }

    fn compression(&self, variables: &Variables<'_>) -> Result<Option<Compression>, InvalidVariable> {
        let Some((name, text)) = variables.first(&self.compression)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| InvalidVariable::new(name, &text, "gzip, none"))
    }

    fn tls(&self, variables: &Variables<'_>) -> Result<TlsOptions, InvalidVariable> {
        variables.tls(&self.certificate, &self.client_certificate, &self.client_key)
    }

    fn headers(&self, variables: &Variables<'_>) -> Result<Vec<(String, Secret<String>)>, InvalidVariable> {
        let Some((name, text)) = first_secret(&self.headers, variables)? else { return Ok(Vec::new()) };
        let allowed = "a list `key=value,key=value` with percent-encoded values";
        parse_headers(&text).map_err(|cause| InvalidVariable::secret(name, allowed).because(cause))
    }
}

/// Whether the console is among the exporters of spans.
fn asks_for_console(variables: &Variables<'_>) -> Result<bool, InvalidVariable> {
    let asked = variables.words(TRACES.exporter.variable)?;
    Ok(asked.is_some_and(|(_, words)| words.iter().any(|word| word == "console")))
}

/// The first of these variables that is set, for values that no error may show.
fn first_secret(
    names: &[&'static str],
    variables: &Variables<'_>,
) -> Result<Option<(&'static str, String)>, InvalidVariable> {
    let text = |name: &&'static str| Some(variables.secret(name).transpose()?.map(|text| (*name, text)));
    names.iter().find_map(text).transpose()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn a_protocol_that_is_not_built_in_is_reported_once_and_replaced() {
        let look_up = |name: &str| (name == TRACES.protocol[1]).then(|| OsString::from("gRPC"));
        let variables = Variables::new(&look_up);
        for signal in [&TRACES, &LOGS] {
            let spoken = signal.protocol(|protocol| protocol == OtlpProtocol::HttpProtobuf, &variables);
            assert_eq!(spoken.unwrap(), Some(OtlpProtocol::HttpProtobuf));
        }
        let reported = variables.settle().unwrap();
        assert_eq!(reported.len(), 1, "both signals read it");
        let reported = format!("{:?}", reported[0]);
        assert!(reported.contains("the feature `grpc`") && reported.contains("gRPC"), "{reported}");
    }
}
