use std::time::Duration;

use radiosonde_core::Secret;
use radiosonde_delivery::{Pem, TlsOptions};
use radiosonde_otlp::{Compression, parse_headers};

use super::exporter::{Asked, Exporter};
use super::{Given, given};
use crate::InvalidVariable;
use crate::variables::Variables;

/// Where a signal goes by OTLP.
#[derive(Debug)]
pub(crate) struct OtlpSettings {
    pub(crate) endpoint: Given,
    /// Whether the endpoint is for this signal and stands as it is, or for all signals, so that the signal's path is appended.
    pub(crate) is_whole: bool,
    pub(crate) headers: Vec<(String, Secret<String>)>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) compression: Compression,
    pub(crate) tls: TlsOptions,
}

/// Where a collector listens unless told otherwise.
const OTLP_DEFAULT: &str = "http://localhost:4318";

const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

const PROTOCOL: &str = "http/protobuf";

/// What the specification knows as well.
const OTHER_PROTOCOLS: [&str; 2] = ["grpc", "http/json"];

/// A signal's variables; of two, the first wins.
pub(super) struct SignalVariables {
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
}

pub(super) const TRACES: SignalVariables = SignalVariables {
    exporter: Exporter {
        variable: "OTEL_TRACES_EXPORTER",
        supported: "otlp",
        others: &["zipkin", "console", "logging", "jaeger", "otlp/stdout"],
        instead: "spans are exported by OTLP alone",
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
};

/// The endpoint for all signals is a Jaeger's often enough, which takes no logs: they have to be asked for by their own name.
pub(super) const LOGS: SignalVariables = SignalVariables {
    exporter: Exporter {
        variable: "OTEL_LOGS_EXPORTER",
        supported: "otlp",
        others: &["console", "logging", "otlp/stdout"],
        instead: "log records are exported by OTLP alone; lines are written as ever",
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
};

impl SignalVariables {
    /// `code` is the signal's own endpoint, `base` that of all signals, both as code has them. Where the signal goes nowhere, what
    /// else its variables say is not looked at.
    pub(super) fn resolve(
        &self,
        code: Option<String>,
        base: Option<String>,
        variables: &Variables<'_>,
    ) -> Result<Option<OtlpSettings>, InvalidVariable> {
        let endpoint = match code {
            Some(text) => Some((Given { text, variable: None }, false)),
            None => self.endpoint(base, variables)?,
        };
        let Some((endpoint, is_whole)) = endpoint else { return Ok(None) };
        self.check_protocol(variables)?;
        let (compression, timeout) = (self.compression(variables)?, self.timeout(variables)?);
        let (headers, tls) = (self.headers(variables)?, self.tls(variables)?);
        Ok(Some(OtlpSettings { endpoint, is_whole, headers, timeout, compression, tls }))
    }

    /// Where the signal goes, and whether the URL is whole.
    fn endpoint(
        &self,
        base: Option<String>,
        variables: &Variables<'_>,
    ) -> Result<Option<(Given, bool)>, InvalidVariable> {
        let asked = self.exporter.read(variables)?;
        // What is to go elsewhere does not go here instead.
        if matches!(asked, Asked::None | Asked::Unsupported) {
            return Ok(None);
        }
        if let Some(endpoint) = given(None, &[self.endpoint], variables)? {
            return Ok(Some((endpoint, true)));
        }
        let is_asked = asked == Asked::Supported;
        if !is_asked && !self.base_asks {
            return Ok(None);
        }
        // The specification would export to the default endpoint unless told not to; here somebody has to ask for it.
        let default = is_asked.then(|| Given { text: OTLP_DEFAULT.to_owned(), variable: None });
        Ok(given(base, &[BASE], variables)?.or(default).map(|endpoint| (endpoint, false)))
    }

    fn check_protocol(&self, variables: &Variables<'_>) -> Result<(), InvalidVariable> {
        let Some((name, protocol)) = variables.first(&self.protocol)? else { return Ok(()) };
        if protocol.eq_ignore_ascii_case(PROTOCOL) {
            return Ok(());
        }
        let error = InvalidVariable::new(name, &protocol, PROTOCOL);
        if !OTHER_PROTOCOLS.iter().any(|other| other.eq_ignore_ascii_case(&protocol)) {
            return Err(error);
        }
        variables
            .unsupported(error, "http/protobuf is sent instead, for which collectors listen on port 4318");
        Ok(())
    }

    fn compression(&self, variables: &Variables<'_>) -> Result<Compression, InvalidVariable> {
        let Some((name, text)) = variables.first(&self.compression)? else {
            return Ok(Compression::default());
        };
        text.parse().map_err(|_| InvalidVariable::new(name, &text, "gzip, none"))
    }

    fn timeout(&self, variables: &Variables<'_>) -> Result<Option<Duration>, InvalidVariable> {
        let Some((name, text)) = variables.first(&self.timeout)? else { return Ok(None) };
        match text.parse() {
            // As the options of a sink have it.
            Ok(millis) if (1..=600_000).contains(&millis) => Ok(Some(Duration::from_millis(millis))),
            _ => Err(InvalidVariable::new(name, &text, "a number of milliseconds from 1 to 600000")),
        }
    }

    fn tls(&self, variables: &Variables<'_>) -> Result<TlsOptions, InvalidVariable> {
        let file = |names: &[&'static str]| Ok(variables.first(names)?.map(|(_, path)| Pem::file(path)));
        let mut tls = TlsOptions::new();
        if let Some(pem) = file(&self.certificate)? {
            tls = tls.ca(pem);
        }
        if let Some(pem) = file(&self.client_certificate)? {
            tls = tls.client_certificate(pem);
        }
        if let Some(pem) = file(&self.client_key)? {
            tls = tls.client_key(pem);
        }
        Ok(tls)
    }

    fn headers(&self, variables: &Variables<'_>) -> Result<Vec<(String, Secret<String>)>, InvalidVariable> {
        let Some((name, text)) = variables.first_secret(&self.headers)? else { return Ok(Vec::new()) };
        let allowed = "a list `key=value,key=value` with percent-encoded values";
        parse_headers(&text).map_err(|cause| InvalidVariable::secret(name, allowed).because(cause))
    }
}
